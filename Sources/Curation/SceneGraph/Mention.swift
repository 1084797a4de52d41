/// Words of a caption with their place.
struct Wording: Sendable {
    var text: String
    var range: Range<Int>
}

/// A noun phrase.
struct Mention {
    enum Kind {
        case thing
        /// Stands for a thing said before.
        case pronoun
        /// Who speaks, or nobody in particular.
        case bystander
        /// Only adjectives: the noun comes with the phrase it is coordinated with.
        case elliptical
    }

    enum Determiner { case none, article, possessor, number }

    var kind = Kind.thing
    var lemma = ""
    /// The words of the lemma.
    var range = 0..<0
    /// The last word's lemma.
    var head = ""
    var isPlural = false
    var isNegated = false
    /// "the" and its like, or possessed: a thing that is there even where something about it is denied.
    var isDefinite = false
    var determiner = Determiner.none
    var attributes: [Wording] = []
    /// "last", "every" and others that make a bare noun a time.
    var opener = ""
    /// Lexicographer file of the head's first sense; 0 where the lexicon doesn't have it.
    var file: UInt8 = 0
    var sense: Synset?
    var isName = false
    /// Owner by 's or "whose".
    var owner: Int?
    var ownerRange: Range<Int>?

    var isPerson: Bool { file == 18 || lemma == "person" || Self.companies.contains(head) }
    private static let companies: Set<String> = [
        "police", "couple", "team", "family", "crew", "crowd", "band", "choir", "audience", "class", "group", "person",
    ]
    var isAnimate: Bool { isPerson || file == 5 }
    var isBodyPart: Bool { file == 8 }
    var isTime: Bool { file == 28 }
}

/// What a verb and its auxiliaries say.
struct VerbGroup {
    enum Form { case finite, gerund, participle, infinitive }

    var lemma: String
    /// The main verb as written.
    var text: String
    var form: Form
    var ranges: [Range<Int>]
    var particle: String?
    var isPassive = false
    /// be, without another verb.
    var isCopula = false
    var isNegated = false
    /// Base form: agrees with plurals, or follows "watch".
    var isBase = false
    /// "is", "has", "leads": of one thing.
    var isSingular = false
    /// Forms of the word that agrees, for coordination.
    var agreement: VerbForms = []

    var predicate: String { particle.map { "\(lemma) \($0)" } ?? lemma }
}

/// What clauses are made of.
enum CaptionItem {
    /// Index into the mentions.
    case mention(Int)
    case verb(VerbGroup)
    case preposition(Wording)
    /// Adjectives without noun.
    case adjectives([Wording])
    case conjunction
    case comma
    case stop
    case relative(Wording)
    case subordinator
    case negation
}
