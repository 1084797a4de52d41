public import Autograd
public import Batches
public import Models
public import Runtime
import Tensors

/// Visual contrastive learning on images alone: SimCLR (Chen et al. 2020) over two augmented views, the recipe UNIMO-2 leaves
/// open (`docs/method.md`). Pool: both views of the global batch.
public struct ImageContrastive: PoolObjective {
    public typealias Subject = UNIMO2
    public static let name = "image_contrastive"
    public let needs: SampleNeeds
    /// τ, fixed.
    public let temperature: Float
    public let terms: [LossTerm]
    private let dictionary: DictionaryTerms?

    public init(
        imageSize: Int, augmentation: Augmentation = .strong, temperature: Float = 0.1, weight: Float = 1,
        dictionary: DictionaryTerms? = nil
    ) {
        self.dictionary = dictionary
        terms = [LossTerm(Self.name, weight: weight)] + DictionaryTerms.terms(dictionary)
        needs = SampleNeeds(views: [augmentation, augmentation], imageSize: imageSize)
        self.temperature = temperature
    }

    public var groups: Set<String> {
        Set(["vision", "simclr"]).union(dictionary == nil ? [] : ["dictionary"])
    }

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {}

    public func counts(_ chunk: Chunk) -> [Int] {
        [chunk.positions.count] + DictionaryTerms.counts(dictionary, images: chunk.positions.count, nil)
    }

    public func widths(_ model: UNIMO2) -> [Int] { [model.config.projection, model.config.projection] }

    public func embed(
        _ chunk: Chunk, _ model: UNIMO2, scales: [Float], _ tape: Tape
    ) -> (embeddings: [Variable], terms: [Double]) {
        let views = chunk.views.map { model.vision($0, positions: chunk.positions, tape) }
        let choice = dictionary.flatMap { _ in model.ground(views[0], positions: chunk.positions, tape) }
        let losses = DictionaryTerms.losses(choice, model, scales.dropFirst(), tape)
        return (views.map { model.heads.projection(model.vision.classRows($0, tape), tape) }, losses)
    }

    public func loss(_ pool: EmbeddingPool, _ model: UNIMO2, _ operations: ContrastiveLoss) -> Double {
        operations.views(
            first: pool.embeddings[0], second: pool.embeddings[1], temperature: temperature,
            weight: terms[0].weight, own: pool.own,
            dFirst: pool.gradients[0], dSecond: pool.gradients[1])
    }
}
