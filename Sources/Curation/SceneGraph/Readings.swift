/// Which forms of a verb a word can be.
struct VerbForms: OptionSet {
    let rawValue: UInt8
    static let base = VerbForms(rawValue: 1)
    static let third = VerbForms(rawValue: 2)
    static let gerund = VerbForms(rawValue: 4)
    /// Past tense or past participle.
    static let past = VerbForms(rawValue: 8)
}

/// What the lexicon says a word can be.
struct Readings {
    var noun: String?
    var nounFrequency = 0
    var isPlural = false
    /// Lexicographer file of the noun's first sense; 0 without noun.
    var nounFile: UInt8 = 0
    var nounSense: Synset?
    var verb: String?
    var verbFrequency = 0
    var forms: VerbForms = []
    var isAdjective = false
    var adjectiveFrequency = 0
    var isAdverb = false
    var adverbFrequency = 0

    var isKnown: Bool { noun != nil || verb != nil || isAdjective || isAdverb }
    var canModify: Bool { noun != nil || isAdjective || !forms.isDisjoint(with: [.gerund, .past]) }

    init() {}

    init(_ form: String, _ lexicon: Lexicon) {
        readNoun(form, lexicon)
        readVerb(form, lexicon)
        for lemma in lexicon.lemmas(of: form, as: .adjective) {
            guard let lexeme = lexicon.lexeme(lemma, as: .adjective) else { continue }
            isAdjective = true
            adjectiveFrequency = max(adjectiveFrequency, lexeme.frequency)
        }
        if let lexeme = lexicon.lexeme(form, as: .adverb) {
            isAdverb = true
            adverbFrequency = lexeme.frequency
        }
    }

    private mutating func readNoun(_ form: String, _ lexicon: Lexicon) {
        if form == "people" {
            setNoun("person", isPlural: true, lexicon)
            return
        }
        if WordLists.pluralOnly.contains(form) {
            setNoun(form, isPlural: form != "police", lexicon)
            noun = form
            return
        }
        if form.hasSuffix("children"), form != "children" {
            setNoun(String(form.dropLast(3)), isPlural: true, lexicon)
            return
        }
        var best: (lemma: String, frequency: Int)?
        for lemma in lexicon.lemmas(of: form, as: .noun) {
            guard let lexeme = lexicon.lexeme(lemma, as: .noun) else { continue }
            // A plural's own entry ("glasses", "horses") counts only where it is the more frequent.
            let isBetter = best.map { lexeme.frequency > $0.frequency || ($0.lemma == form && form.hasSuffix("s")) }
            if isBetter ?? true { best = (lemma, lexeme.frequency) }
        }
        guard let best else { return }
        setNoun(best.lemma, isPlural: best.lemma != form, lexicon)
    }

    private mutating func setNoun(_ lemma: String, isPlural plural: Bool, _ lexicon: Lexicon) {
        noun = lemma
        isPlural = plural
        guard let lexeme = lexicon.lexeme(lemma, as: .noun) else { return }
        nounFrequency = lexeme.frequency
        let sense = lexicon.firstSense(of: lexeme)
        nounSense = sense
        nounFile = lexicon.lexicographerFile(of: sense)
    }

    private mutating func readVerb(_ form: String, _ lexicon: Lexicon) {
        var best = -1
        for lemma in lexicon.lemmas(of: form, as: .verb) {
            guard let lexeme = lexicon.lexeme(lemma, as: .verb) else { continue }
            let own = Self.forms(form, lemma)
            forms.formUnion(own)
            // "left" is a form of leave, "lying" of lie, "wound" of wind.
            if lexeme.frequency > best {
                best = lexeme.frequency
                verb = lemma
                verbFrequency = lexeme.frequency
            }
        }
    }

    private static func forms(_ form: String, _ lemma: String) -> VerbForms {
        if form == lemma { return unchanging.contains(form) ? [.base, .past] : .base }
        if form.hasSuffix("ing") { return .gerund }
        if form.hasSuffix("s") { return .third }
        return .past
    }

    /// Verbs whose past is their base.
    private static let unchanging: Set<String> = ["cut", "put", "set", "hit", "spread", "shut", "split", "cast", "let"]
}
