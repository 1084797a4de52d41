/// Mends one typing error in a word that the lexicon doesn't know.
struct Spelling {
    /// Words of other lengths are left alone.
    private static let lengths = 5...14

    let lexicon: Lexicon

    /// The most frequent word that differs by two letters exchanged, one missing, one too many or another one; nil when there
    /// is none that texts use.
    func mended(_ word: String) -> String? {
        let letters = Array(word.utf8)
        guard letters.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else { return nil }
        if let known = exchanged(letters).first(where: { ClosedClasses.tags[$0] != nil && letters.count >= 3 }) {
            return known
        }
        guard Self.lengths.contains(letters.count) else { return nil }
        for candidates in [exchanged(letters), withOneMore(letters), withOneLess(letters), withAnother(letters)] {
            if let best = mostFrequent(candidates) { return best }
        }
        return nil
    }

    private func mostFrequent(_ candidates: [String]) -> String? {
        var best: (word: String, frequency: Int)?
        for candidate in candidates {
            var frequency = 0
            for partOfSpeech in PartOfSpeech.allCases {
                for lemma in lexicon.lemmas(of: candidate, as: partOfSpeech) {
                    frequency += lexicon.lexeme(lemma, as: partOfSpeech)?.frequency ?? 0
                }
            }
            if frequency > best?.frequency ?? 0 { best = (candidate, frequency) }
        }
        return best?.word
    }

    private func exchanged(_ letters: [UInt8]) -> [String] {
        letters.indices.dropLast().map { index in
            var other = letters
            other.swapAt(index, index + 1)
            return String(decoding: other, as: UTF8.self)
        }
    }

    private func withOneMore(_ letters: [UInt8]) -> [String] {
        (1...letters.count).flatMap { place in
            Self.alphabet.map { String(decoding: letters[..<place] + [$0] + letters[place...], as: UTF8.self) }
        }
    }

    private func withOneLess(_ letters: [UInt8]) -> [String] {
        letters.indices.dropFirst().map {
            String(decoding: letters[..<$0] + letters[($0 + 1)...], as: UTF8.self)
        }
    }

    private func withAnother(_ letters: [UInt8]) -> [String] {
        letters.indices.dropFirst().flatMap { place in
            Self.alphabet.map { String(decoding: letters[..<place] + [$0] + letters[(place + 1)...], as: UTF8.self) }
        }
    }

    private static let alphabet = UInt8(ascii: "a")...UInt8(ascii: "z")
}
