/// Whether two wordings share a lemma or a synset: then one in place of the other may still be true of the image.
struct SharedMeaning {
    let lexicon: Lexicon

    /// What a wording may mean: its lemmas, and the synsets of all their senses.
    struct Reading: Sendable {
        var lemmas: Set<String> = []
        var synsets: Set<Synset> = []

        func shares(with other: Reading) -> Bool {
            !lemmas.isDisjoint(with: other.lemmas) || !synsets.isDisjoint(with: other.synsets)
        }
    }

    /// - Parameter wording: lower-case words; a collocation of the lexicon is read as one, and word by word too.
    func reading(of wording: String) -> Reading {
        var reading = Reading()
        let words = wording.split(whereSeparator: \.isWhitespace).map(String.init)
        for form in words.count > 1 ? words + [words.joined(separator: "_")] : words {
            reading.lemmas.insert(form)
            for partOfSpeech in PartOfSpeech.allCases {
                for lemma in lexicon.lemmas(of: form, as: partOfSpeech) {
                    reading.lemmas.insert(lemma)
                    guard let lexeme = lexicon.lexeme(lemma, as: partOfSpeech) else { continue }
                    reading.synsets.formUnion(lexicon.senses(of: lexeme))
                }
            }
        }
        return reading
    }
}
