public import Autograd
public import Batches
public import Models
public import Runtime

/// Masked language modelling on texts, or on texts beside their images (UNIMO §3; `docs/method.md`): spans of words until
/// 15 % of the tokens are taken; of these 80 % become `<mask>`, 10 % a random id, 10 % stay.
public struct MaskedLanguage: ChunkObjective {
    public typealias Subject = UNIMO2
    public static let name = "masked_language"
    public let needs: SampleNeeds
    private let masking: SpanMasking
    public let terms: [LossTerm]
    private let dictionary: DictionaryTerms?

    /// - Parameters:
    ///   - image: nil for texts alone.
    ///   - packsTexts: a text that is too long goes on in further sequences, short ones share one.
    ///   - mask: the id of `<mask>`; nil for the last.
    ///   - specials: ids that are never drawn as a random replacement; nil for RoBERTa's first four and `mask`.
    public init(
        vocabulary: Int, maxTokens: Int, image: (size: Int, augmentation: Augmentation)?, packsTexts: Bool = false,
        mask: Int32? = nil, specials: [Int32]? = nil, share: Float = 0.15, weight: Float = 1,
        dictionary: DictionaryTerms? = nil
    ) {
        masking = SpanMasking(vocabulary: vocabulary, mask: mask, specials: specials, share: share)
        self.dictionary = dictionary
        terms =
            [LossTerm(Self.name, weight: weight)] + DictionaryTerms.terms(dictionary)
            + DictionaryTerms.hiddenTerms(dictionary)
        needs = SampleNeeds(
            maxTokens: maxTokens, views: image.map { [$0.augmentation] } ?? [], imageSize: image?.size ?? 0,
            packsTexts: packsTexts)
    }

    public var groups: Set<String> {
        Set(["text", "grounded", "mlm"]).union(needs.views.isEmpty ? [] : ["vision"])
            .union(dictionary == nil ? [] : ["dictionary"]).union(hides ? ["codes"] : [])
    }

    /// Whether grounded tokens are hidden and told.
    private var hides: Bool { dictionary.map { $0.hidden > 0 } ?? false }

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {
        var stream = random.stream
        masking.apply(to: &sample, &stream)
        if let dictionary, hides { sample.hiddenCodes = dictionary.hide(&stream) }
    }

    public func counts(_ chunk: Chunk) -> [Int] {
        [chunk.text?.labels.count ?? 0]
            + DictionaryTerms.counts(dictionary, images: needs.views.isEmpty ? 0 : chunk.positions.count, chunk.text)
            + (hides ? [chunk.text?.hiddenCodes.count ?? 0] : [])
    }

    public func loss(_ chunk: Chunk, _ model: UNIMO2, scales: [Float], _ tape: Tape) -> [Double] {
        guard let text = chunk.text else { preconditionFailure("masked_language got a chunk without text") }
        let hidden = dictionary?.rows(of: text.hiddenCodes) ?? []
        let seen = model.understand(
            images: chunk.views.first, text, positions: chunk.positions, hidden: hidden, tape)
        guard let words = seen.output.texts else { preconditionFailure("masked_language without text rows") }
        let own = model.heads.tokenLoss(words, text, word: model.text.word, scale: scales[0], tape)
        return [own] + DictionaryTerms.losses(seen.choice, model, scales.dropFirst().prefix(2), tape)
            + hiddenLosses(seen, hidden, model, scales, tape)
    }

    /// Hidden grounded tokens are told from the others, the image and the text.
    private func hiddenLosses(
        _ seen: UNIMO2.Understanding, _ hidden: [Int32], _ model: UNIMO2, _ scales: [Float], _ tape: Tape
    ) -> [Double] {
        guard hides, let scale = scales.last else { return [] }
        guard let choice = seen.choice, let grounded = seen.output.grounded, let table = model.dictionary?.codes else {
            preconditionFailure("hidden grounded tokens in a model without a dictionary")
        }
        let labels = hidden.map { choice.codes[Int($0)] }
        let rows = tape.gatherRows(grounded, hidden)
        return [model.heads.codeLoss(rows, table: table, labels: labels, scale: scale, tape)]
    }
}
