public import Autograd
public import Batches
public import Models
public import Runtime
import Tensors

/// Visual contrastive learning on images alone: SimCLR (Chen et al. 2020) over two augmented views, the recipe UNIMO-2 leaves
/// open (`method.md` 2.2 item 5). Pool: both views of the global batch.
public struct ImageContrastive: PoolObjective {
    public static let name = "image_contrastive"
    public let needs: SampleNeeds
    /// τ, fixed.
    public let temperature: Float

    public init(imageSize: Int, augmentation: Augmentation = .strong, temperature: Float = 0.1) {
        needs = SampleNeeds(views: [augmentation, augmentation], imageSize: imageSize)
        self.temperature = temperature
    }

    public var groups: Set<String> { ["vision", "simclr"] }

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {}

    public func count(_ chunk: Chunk) -> Int { chunk.positions.count }

    public func widths(_ config: ModelConfig) -> [Int] { [config.projection, config.projection] }

    public func embed(_ chunk: Chunk, _ model: UNIMO2, _ tape: Tape) -> [Variable] {
        chunk.views.map { model.projection($0, positions: chunk.positions, tape) }
    }

    public func loss(_ pool: EmbeddingPool, _ model: UNIMO2, _ operations: ContrastiveLoss) -> Double {
        operations.views(
            first: pool.embeddings[0], second: pool.embeddings[1], temperature: temperature, own: pool.own,
            dFirst: pool.gradients[0], dSecond: pool.gradients[1])
    }
}
