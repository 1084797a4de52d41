public import Autograd
public import Batches
public import Models
public import Runtime
import Tensors

/// Image-text contrastive learning on encoder outputs (UNIMO-2; `docs/method.md`): symmetric InfoNCE, both sides
/// normalised, τ learned and clipped. Pool: the global batch.
public struct ImageTextContrastive: PoolObjective {
    public typealias Subject = UNIMO2
    public static let name = "image_text_contrastive"
    public let needs: SampleNeeds
    public let terms: [LossTerm]

    public init(maxTokens: Int, imageSize: Int, augmentation: Augmentation, weight: Float = 1) {
        terms = [LossTerm(Self.name, weight: weight)]
        needs = SampleNeeds(maxTokens: maxTokens, views: [augmentation], imageSize: imageSize)
    }

    public var groups: Set<String> { ["vision", "text", "itc"] }

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {}

    public func counts(_ chunk: Chunk) -> [Int] { [chunk.positions.count] }

    public func widths(_ model: UNIMO2) -> [Int] { [model.config.vision.width, model.config.text.width] }

    public func embed(
        _ chunk: Chunk, _ model: UNIMO2, scales: [Float], _ tape: Tape
    ) -> (embeddings: [Variable], terms: [Double]) {
        guard let text = chunk.text, let images = chunk.views.first else {
            preconditionFailure("image_text_contrastive got a chunk without images or text")
        }
        let u = model.imageEmbedding(images, positions: chunk.positions, tape)
        return ([u, model.textEmbedding(text, tape)], [])
    }

    public func loss(_ pool: EmbeddingPool, _ model: UNIMO2, _ operations: ContrastiveLoss) -> Double {
        let temperature = model.heads.temperature
        let (loss, dTemperature) = operations.pairs(
            u: pool.embeddings[0], v: pool.embeddings[1], temperature: operations.value(of: temperature),
            weight: terms[0].weight, own: pool.own, du: pool.gradients[0], dv: pool.gradients[1])
        if pool.addsSharedGradients { operations.add(Float(dTemperature), toGradientOf: temperature) }
        return loss
    }
}
