public import Batches
public import Models
public import Runtime
public import Autograd

/// Captioning (UNIMO-2; `docs/method.md`): the text one token after another, given the image. Grounded tokens come from the
/// patches alone; a text row sees image, grounded tokens and what stands before it, in the text encoder too.
public struct Captioning: ChunkObjective {
    public typealias Subject = UNIMO2
    public static let name = "captioning"
    public let needs: SampleNeeds
    public let terms: [LossTerm]
    private let dictionary: DictionaryTerms?

    public init(
        maxTokens: Int, imageSize: Int, augmentation: Augmentation, weight: Float = 1,
        dictionary: DictionaryTerms? = nil
    ) {
        needs = SampleNeeds(maxTokens: maxTokens, views: [augmentation], imageSize: imageSize)
        terms = [LossTerm(Self.name, weight: weight)] + DictionaryTerms.terms(dictionary)
        self.dictionary = dictionary
    }

    public var groups: Set<String> {
        Set(["vision", "text", "grounded", "mlm"]).union(dictionary == nil ? [] : ["dictionary"])
    }

    /// Every token predicts the next.
    public func prepare(_ sample: inout Sample, _ random: RandomKey) {
        sample.masked = sample.tokens.indices.dropLast().map {
            MaskedToken(row: Int32($0), label: sample.tokens[$0 + 1])
        }
    }

    public func counts(_ chunk: Chunk) -> [Int] {
        [chunk.text?.labels.count ?? 0]
            + DictionaryTerms.counts(dictionary, images: chunk.positions.count, nil)
    }

    public func loss(_ chunk: Chunk, _ model: UNIMO2, scales: [Float], _ tape: Tape) -> [Double] {
        guard let text = chunk.text, let images = chunk.views.first else {
            preconditionFailure("captioning got a chunk without images or text")
        }
        let seen = model.understand(images: images, text, positions: chunk.positions, sight: .captioning, tape)
        guard let hidden = seen.output.texts else { preconditionFailure("captioning without text rows") }
        let own = model.heads.tokenLoss(hidden, text, word: model.text.word, scale: scales[0], tape)
        return [own] + DictionaryTerms.losses(seen.choice, model, scales.dropFirst(), tape)
    }
}
