public import Batches

extension Sample {
    /// Takes a text's tokens between `<s>` and `</s>`; a text that is too long loses its end, not its `</s>`.
    /// - Returns: false, and nothing is taken, for a text without tokens.
    public mutating func take(_ text: String, maxTokens: Int, ends: TextEnds, tokenize: Tokenize) -> Bool {
        let (ids, wordStarts) = tokenize(text)
        precondition(ids.count == wordStarts.count, "\(ids.count) ids and \(wordStarts.count) word starts")
        guard !ids.isEmpty else { return false }
        let count = min(ids.count, maxTokens - 2)
        tokens.reserveCapacity(count + 2)
        tokens.append(ends.start)
        tokens += ids[..<count]
        tokens.append(ends.end)
        self.wordStarts.reserveCapacity(count + 2)
        self.wordStarts.append(false)
        self.wordStarts += wordStarts[..<count]
        self.wordStarts.append(false)
        return true
    }
}
