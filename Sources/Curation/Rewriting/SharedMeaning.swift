/// Whether two wordings share a lemma or a synset: then one in place of the other may still be true of the image.
///
/// Articles say nothing by themselves and are passed over. Looked-up words are kept; one of these for each thread.
struct SharedMeaning {
    let lexicon: Lexicon
    private var words: [String: Word] = [:]

    init(lexicon: Lexicon) { self.lexicon = lexicon }

    /// What one word, or a collocation read as one, may mean.
    private struct Word {
        var lemmas: [String]
        var synsets: [Synset]
    }

    /// What a wording may mean: its lemmas, and the synsets of all their senses.
    struct Reading: Sendable {
        var lemmas: Set<String> = []
        var synsets: Set<Synset> = []
    }

    /// - Parameter wording: lower-case words; a collocation of the lexicon is read as one, and word by word too.
    mutating func reading(of wording: String) -> Reading { reading(of: Self.forms(of: wording)) }

    /// The words of whole sentences, each by itself.
    mutating func reading(ofWords words: String) -> Reading { reading(of: Self.words(of: words)) }

    private mutating func reading(of forms: [String]) -> Reading {
        var reading = Reading()
        for form in forms {
            let word = word(form)
            reading.lemmas.formUnion(word.lemmas)
            reading.synsets.formUnion(word.synsets)
        }
        return reading
    }

    /// Whether a wording shares neither a lemma nor a synset with `replaced`, and no lemma with `said`.
    mutating func differs(_ wording: String, from replaced: Reading, and said: Reading) -> Bool {
        Self.forms(of: wording).allSatisfy { form in
            let word = word(form)
            return word.lemmas.allSatisfy { !replaced.lemmas.contains($0) && !said.lemmas.contains($0) }
                && word.synsets.allSatisfy { !replaced.synsets.contains($0) }
        }
    }

    private static func words(of wording: String) -> [String] {
        wording.split(whereSeparator: \.isWhitespace).map(String.init).filter { !articles.contains($0) }
    }

    private static func forms(of wording: String) -> [String] {
        let words = words(of: wording)
        return words.count > 1 ? words + [words.joined(separator: "_")] : words
    }

    private static let articles: Set<String> = ["a", "an", "the"]

    private mutating func word(_ form: String) -> Word {
        if let known = words[form] { return known }
        var (lemmas, synsets): (Set<String>, Set<Synset>) = ([form], [])
        for partOfSpeech in PartOfSpeech.allCases {
            for lemma in lexicon.lemmas(of: form, as: partOfSpeech) {
                lemmas.insert(lemma)
                guard let lexeme = lexicon.lexeme(lemma, as: partOfSpeech) else { continue }
                synsets.formUnion(lexicon.senses(of: lexeme))
            }
        }
        let word = Word(lemmas: Array(lemmas), synsets: Array(synsets))
        // Of collocations there are as many as phrases, and hardly any of them is in the lexicon.
        if !form.contains("_") || !synsets.isEmpty { words[form] = word }
        return word
    }
}
