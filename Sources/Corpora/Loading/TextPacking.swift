/// Tokens of texts that share sequences, and of texts that need several.
struct TextPacking {
    /// Sequences of one sample at most: what is longer was not cut when it was packed.
    private static let sequenceLimit = 64
    /// Sequences of a sample of so many bytes of text, at most: a token has a byte at least, and a cut moves back by less than
    /// half a sequence.
    static func sequences(ofBytes bytes: Int, maxTokens: Int) -> Int {
        let room = maxTokens - 2
        let shortest = max(1, max(room / 2, room - wordReach))
        return min(max(1, (bytes + shortest - 1) / shortest), sequenceLimit)
    }

    /// Tokens that a cut moves back at most to fall between words.
    private static let wordReach = 16

    /// Tokens of a sequence at most, `<s>` and the last `</s>` counted.
    let maxTokens: Int
    let textEnds: TextEnds

    /// The texts, `</s>` between them, in sequences of nearly equal length.
    /// - Parameter texts: ids and word starts of each.
    func sequences(
        _ texts: [(ids: [Int32], wordStarts: [Bool])]
    ) throws(UnusableSample) -> [(ids: [Int32], wordStarts: [Bool])] {
        var (ids, starts): ([Int32], [Bool]) = ([], [])
        for text in texts where !text.ids.isEmpty {
            if !ids.isEmpty {
                ids.append(textEnds.end)
                starts.append(false)
            }
            ids += text.ids
            starts += text.wordStarts
        }
        guard !ids.isEmpty else { throw UnusableSample(reason: "the text has no tokens") }
        let room = maxTokens - 2
        guard ids.count <= room * Self.sequenceLimit else {
            throw UnusableSample(
                reason:
                    "a text of \(ids.count) tokens, at most \(room * Self.sequenceLimit) are taken; pack the corpus "
                    + "with --max-bytes")
        }
        var sequences: [(ids: [Int32], wordStarts: [Bool])] = []
        var start = 0
        while start < ids.count {
            let end = cut(starts, from: start, room: room)
            sequences.append(
                ([textEnds.start] + ids[start..<end] + [textEnds.end], [false] + starts[start..<end] + [false]))
            start = end
        }
        return sequences
    }

    /// The end of the sequence that begins at `start`: what is left is shared out evenly, between words where possible.
    private func cut(_ starts: [Bool], from start: Int, room: Int) -> Int {
        let left = starts.count - start
        guard left > room else { return starts.count }
        let parts = (left + room - 1) / room
        let even = start + min(room, (left + parts - 1) / parts)
        let reach = max(start + 1, even - Self.wordReach)
        return stride(from: even, through: reach, by: -1).first { starts[$0] } ?? even
    }
}
