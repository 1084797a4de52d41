public import Autograd
public import Batches
public import Models
public import Runtime

/// Masked language modelling on texts, or on texts beside their images (UNIMO §3; `docs/method.md`): spans of words until
/// 15 % of the tokens are taken; of these 80 % become `<mask>`, 10 % a random id, 10 % stay.
public struct MaskedLanguage: ChunkObjective {
    public static let name = "masked_language"
    public let needs: SampleNeeds
    public let vocabulary: Int
    /// The id of `<mask>`.
    private let mask: Int32
    /// Ascending.
    private let specials: [Int32]
    /// Share of the tokens, specials counted, that is masked.
    public let share: Float
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
        self.vocabulary = vocabulary
        self.mask = mask ?? Int32(vocabulary - 1)
        self.specials = (specials ?? [0, 1, 2, 3, self.mask]).sorted()
        self.share = share
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

    /// Weights of span lengths 1, 1, 2, … 10 words: 0.2 · 0.8^k for k = 0…10.
    private static let spanWeights: [Float] = {
        var weights: [Float] = [0.2]
        for _ in 1...10 { weights.append(weights[weights.count - 1] * 0.8) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }()

    public func prepare(_ sample: inout Sample, _ random: RandomKey) {
        var stream = random.stream
        defer { if let dictionary, hides { sample.hiddenCodes = dictionary.hide(&stream) } }
        let n = sample.tokens.count
        guard n > 2 else { return }
        let budget = min(Int((share * Float(n)).rounded(.up)), n - 2)
        var isMasked = [Bool](repeating: false, count: n)
        var taken = 0
        var tries = 0
        while taken < budget && tries < 100 * budget {
            tries += 1
            taken += maskSpan(sample.wordStarts, &isMasked, room: budget - taken, &stream)
        }
        for row in 1..<n - 1 where isMasked[row] {
            sample.masked.append(MaskedToken(row: Int32(row), label: sample.tokens[row]))
            sample.tokens[row] = replacement(sample.tokens[row], &stream)
        }
    }

    /// Masks one span from a random anchor, extended back to its word's start, never beyond `room` tokens.
    private func maskSpan(
        _ wordStarts: [Bool], _ isMasked: inout [Bool], room: Int, _ stream: inout RandomStream
    ) -> Int {
        let last = isMasked.count - 2
        var start = 1 + stream.integer(below: last)
        guard !isMasked[start] else { return 0 }
        while start > 1 && !wordStarts[start] && !isMasked[start - 1] { start -= 1 }
        var words = spanLength(&stream)
        var count = 0
        var row = start
        while row <= last && count < room && !isMasked[row] {
            if row > start && wordStarts[row] {
                words -= 1
                if words == 0 { break }
            }
            isMasked[row] = true
            count += 1
            row += 1
        }
        return count
    }

    private func spanLength(_ stream: inout RandomStream) -> Int {
        var u = stream.uniform()
        for (k, weight) in Self.spanWeights.enumerated() {
            u -= weight
            if u < 0 { return max(k, 1) }
        }
        return 10
    }

    private func replacement(_ token: Int32, _ stream: inout RandomStream) -> Int32 {
        let u = stream.uniform()
        if u < 0.8 { return mask }
        guard u < 0.9 else { return token }
        // Counted among the ids that are not special.
        var id = Int32(stream.integer(below: vocabulary - specials.count))
        for special in specials where special <= id { id += 1 }
        return id
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
