/// Mends one typing error in a word that the lexicon doesn't know.
struct Spelling {
    /// Words of other lengths are left alone.
    private static let lengths = 5...14
    private static let alphabet = UInt8(ascii: "a")...UInt8(ascii: "z")

    let lexicon: Lexicon

    /// The word that differs by two letters exchanged, one too many, one missing, or another one, tried in this order and
    /// the most frequent of each; nil when there is none that texts use.
    func mended(_ word: String) -> String? {
        let letters = Array(word.utf8)
        guard letters.count >= 3, letters.allSatisfy(Self.alphabet.contains) else { return nil }
        let exchanged = exchanged(letters)
        if let known = exchanged.first(where: { ClosedClasses.tags[$0] != nil }) { return known }
        guard Self.lengths.contains(letters.count) else { return nil }
        return mostFrequent(exchanged + withOneLess(letters)) ?? withOneMore(letters) ?? withAnother(letters)
    }

    // MARK: - Few candidates, with their inflected forms

    private func exchanged(_ letters: [UInt8]) -> [String] {
        letters.indices.dropLast().map { index in
            var other = letters
            other.swapAt(index, index + 1)
            return String(decoding: other, as: UTF8.self)
        }
    }

    private func withOneLess(_ letters: [UInt8]) -> [String] {
        letters.indices.dropFirst().map {
            String(decoding: letters[..<$0] + letters[($0 + 1)...], as: UTF8.self)
        }
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

    // MARK: - Many candidates, lemmas only

    private func withOneMore(_ letters: [UInt8]) -> String? {
        var best = Best()
        for place in 1...letters.count {
            var other = letters
            other.insert(0, at: place)
            fill(&other, place, &best)
        }
        return best.word
    }

    private func withAnother(_ letters: [UInt8]) -> String? {
        var best = Best()
        for place in letters.indices.dropFirst() {
            var other = letters
            fill(&other, place, &best)
        }
        return best.word
    }

    private struct Best {
        var letters: [UInt8] = []
        var frequency = 0
        var word: String? { frequency > 0 ? String(decoding: letters, as: UTF8.self) : nil }
    }

    /// Every letter at one place.
    private func fill(_ letters: inout [UInt8], _ place: Int, _ best: inout Best) {
        for letter in Self.alphabet {
            letters[place] = letter
            let isPlural = letters.count > 5 && letters.last == UInt8(ascii: "s")
            let frequency =
                lexicon.frequency(ofLemma: letters) + (isPlural ? lexicon.frequency(ofLemma: letters.dropLast()) : 0)
            if frequency > best.frequency { best = Best(letters: letters, frequency: frequency) }
        }
    }
}
