import Batches
import Runtime

/// Which tokens a masked language model has to tell (docs/method.md): spans of words until a share of the tokens is
/// taken; of these 80 % become `<mask>`, 10 % a random id, 10 % stay.
struct SpanMasking: Sendable {
    let vocabulary: Int
    /// The id of `<mask>`.
    let mask: Int32
    /// Never drawn as a random replacement; ascending.
    let specials: [Int32]
    /// Of the tokens, specials counted.
    let share: Float

    /// - Parameters:
    ///   - mask: nil for the last id of the vocabulary. - specials: nil for RoBERTa's first four and `mask`.
    init(vocabulary: Int, mask: Int32?, specials: [Int32]?, share: Float) {
        self.vocabulary = vocabulary
        self.mask = mask ?? Int32(vocabulary - 1)
        self.specials = (specials ?? [0, 1, 2, 3, self.mask]).sorted()
        self.share = share
    }

    /// Weights of span lengths 1, 1, 2, … 10 words: 0.2 · 0.8^k for k = 0…10.
    private static let spanWeights: [Float] = {
        var weights: [Float] = [0.2]
        for _ in 1...10 { weights.append(weights[weights.count - 1] * 0.8) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }()

    /// Masks tokens of `sample` and notes what stood there.
    func apply(to sample: inout Sample, _ stream: inout RandomStream) {
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
}
