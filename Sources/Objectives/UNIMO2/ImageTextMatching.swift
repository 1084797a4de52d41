public import Autograd
public import Batches
public import Models
public import Runtime
public import Tensors

/// Image-text matching (UNIMO-2; `docs/method.md`): does the caption belong to the image? A stated share of the images
/// gets the caption of another sample of the global batch. Clean inputs; no loss but this one touches a mismatched pair.
public struct ImageTextMatching: ExchangeObjective {
    public typealias Subject = UNIMO2
    public static let name = "image_text_matching"

    /// How the sample that lends its caption is drawn.
    public enum Mismatch: String, Sendable, CaseIterable {
        /// Each other sample of the global batch alike.
        case uniform
        /// By contrastive similarity of its caption to the image, softmax at the model's τ (ALBEF, Li et al. 2021).
        case similar
    }

    public let needs: SampleNeeds
    public let terms: [LossTerm]
    public let mismatch: Mismatch
    /// Share of the images that get another's caption.
    public let share: Float
    private let hasDictionary: Bool

    public init(
        maxTokens: Int, imageSize: Int, augmentation: Augmentation, mismatch: Mismatch = .uniform, share: Float = 0.5,
        weight: Float = 1, hasDictionary: Bool
    ) {
        needs = SampleNeeds(maxTokens: maxTokens, views: [augmentation], imageSize: imageSize)
        terms = [LossTerm(Self.name, weight: weight)]
        self.mismatch = mismatch
        self.share = share
        self.hasDictionary = hasDictionary
    }

    public var groups: Set<String> {
        Set(["vision", "text", "grounded", "itm"]).union(hasDictionary ? ["dictionary"] : [])
    }

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {}

    public func counts(_ chunk: Chunk) -> [Int] { [chunk.positions.count] }

    /// The caption, its length first; and both embeddings where mismatches are drawn by similarity.
    public func widths(_ model: UNIMO2) -> [Int] {
        let config = model.config
        return [1 + config.maxTokens] + (mismatch == .similar ? [config.vision.width, config.text.width] : [])
    }

    public func offer(_ chunk: Chunk, _ model: UNIMO2, _ tape: Tape) -> [Tensor] {
        let (images, text) = Self.parts(chunk)
        let captions = OfferedCaptions.tensor(text, longest: model.config.maxTokens, tape)
        guard mismatch == .similar else { return [captions] }
        return [
            captions, model.imageEmbedding(images, positions: chunk.positions, tape).value,
            model.textEmbedding(text, tape).value,
        ]
    }

    public func loss(
        _ chunk: Chunk, _ offers: [Tensor], _ random: RandomKey, _ model: UNIMO2, scales: [Float], _ tape: Tape
    ) -> [Double] {
        let (donors, text) = tape.computed(or: (Array(chunk.positions), Self.parts(chunk).1)) {
            captions(chunk, offers, random, model)
        }
        tape.onChoice?("donors", donors.map(Int32.init))
        let labels = zip(chunk.positions, donors).map { Int32($0 == $1 ? 1 : 0) }
        return [loss(chunk, text, labels: labels, model, scale: scales[0], tape)]
    }

    /// Whose caption stands beside each image of a chunk, and these captions.
    private func captions(
        _ chunk: Chunk, _ offers: [Tensor], _ random: RandomKey, _ model: UNIMO2
    ) -> (donors: [Int], text: TextRows) {
        let captions = OfferedCaptions(offers[0])
        let draw = MismatchDraw(
            captions: captions, share: share, random: random.with(purpose: .mismatch),
            similarity: mismatch == .similar
                ? (offers[1], offers[2], model.heads.temperature.value.floats[0]) : nil)
        let donors = chunk.positions.map { draw.donor(of: $0) }
        var text = TextRows()
        for (position, donor) in zip(chunk.positions, donors) {
            text.append(Sample(key: "", tokens: captions[donor]), position: position)
        }
        return (donors, text)
    }

    private func loss(
        _ chunk: Chunk, _ text: TextRows, labels: [Int32], _ model: UNIMO2, scale: Float, _ tape: Tape
    ) -> Double {
        let (images, _) = Self.parts(chunk)
        let encoded = model.encode(images: images, text, positions: chunk.positions, tape)
        let (image, caption) = model.classRows(encoded, tape)
        return model.heads.matchLoss(image, caption, labels: labels, positions: chunk.positions, scale: scale, tape)
    }

    private static func parts(_ chunk: Chunk) -> (ImageRows, TextRows) {
        guard let text = chunk.text, let images = chunk.views.first else {
            preconditionFailure("image_text_matching got a chunk without images or text")
        }
        return (images, text)
    }
}
