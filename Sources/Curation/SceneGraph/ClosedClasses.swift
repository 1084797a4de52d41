/// What a word does in a caption's sentence.
enum Tag: Sendable {
    case determiner, number, adjective, noun, name
    case pronoun, possessor, possessive
    case preposition, particle, conjunction, comma, stop
    case be, have, modal, verb, gerund, participle, infinitive
    case adverb, relative, subordinator, negation, skipped
}

/// Words that belong to one closed class whatever stands around them, or whose class `Tagger` decides by what follows.
enum ClosedClasses {
    static let tags: [String: Tag] = {
        var tags: [String: Tag] = [:]
        for (tag, words) in lists { for word in words.split(separator: " ") { tags[String(word)] = tag } }
        for word in prepositions.split(separator: " ") { tags[String(word)] = .preposition }
        for phrase in phrases { tags[phrase.words.joined(separator: " ")] = .preposition }
        for pronoun in ["each other", "one another"] { tags[pronoun] = .pronoun }
        for material in ["stainless steel", "stained glass", "cast iron", "polka dot"] { tags[material] = .adjective }
        return tags
    }()

    private static let lists: [(Tag, String)] = [
        (
            .determiner,
            "a an the this that these those last next some any every each all both either another other such same own"
        ),
        (.number, "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred"),
        (.number, "several many few various numerous multiple"),
        (.possessor, "my your his her its our their"),
        (.pronoun, "i me we us you he him she it they them someone somebody nobody anybody everyone everybody anyone"),
        (.pronoun, "something anything everything nothing none others himself herself itself themselves mine ours"),
        (.be, "is are was were be been being am it's that's 's isn't aren't wasn't weren't"),
        (.have, "has have had having"),
        (.modal, "can could will would may might must should does do did don't doesn't didn't can't won't couldn't"),
        (.conjunction, "and or but & nor"),
        (.relative, "who which whom whose where"),
        (.subordinator, "while as when because although though whilst if since until before after whereas"),
        (.negation, "no not without never"),
        (.adverb, "very quite too so just really almost nearly extremely fully half extra also still together"),
        (.adverb, "outdoors indoors here there now then again ever yet ready everywhere nearby away ahead"),
        (.adverb, "freshly only even maybe perhaps yesterday today tonight tomorrow close-up partially"),
    ]

    static let prepositions =
        "in on at of with by from into onto to under over above below behind beside besides between among through "
        + "across along around near inside outside toward towards against beneath underneath upon within past off up "
        + "down out for about amid amidst during throughout via beyond atop like opposite alongside aboard"

    /// Prepositions of several words, and what they are called in a predicate.
    static let phrases: [(words: [String], preposition: String)] = [
        ("on top of", "on top of"), ("in front of", "in front of"), ("out of", "out of"), ("next to", "next to"),
        ("close to", "close to"), ("inside of", "inside"), ("outside of", "outside"), ("off of", "off"),
        ("away from", "away from"), ("in between", "between"), ("ahead of", "ahead of"), ("left of", "left of"),
        ("right of", "right of"), ("along with", "with"), ("together with", "with"), ("such as", "such as"),
        ("full of", "full of"), ("taller than", "taller than"), ("bigger than", "bigger than"),
        ("larger than", "larger than"), ("smaller than", "smaller than"), ("shorter than", "shorter than"),
        ("because of", "because of"), ("instead of", "instead of"), ("on to", "onto"), ("in to", "into"),
    ].map { ($0.split(separator: " ").map(String.init), $1) }

    /// What a preposition is called in a predicate.
    static let names = Dictionary(phrases.map { ($0.words.joined(separator: " "), $0.preposition) }) { first, _ in first
    }

    /// Can follow a verb without an object of their own.
    static let particles: Set<String> = ["up", "down", "out", "off", "over", "away", "around"]

    /// Verbs whose particle comes before their object: "takes off his shoes".
    static let particleVerbs: Set<String> = [
        "take", "put", "hold", "pick", "blow", "show", "turn", "pull", "lift", "throw", "set", "cut", "carry", "bring",
        "fill", "clean", "wash", "give", "hand", "light", "tear", "dig", "roll", "try", "line", "serve", "lay", "open",
    ]

    static let firstPersons: Set<String> = [
        "i", "me", "we", "us", "you", "someone", "somebody", "nobody", "anybody", "everyone", "everybody", "anyone",
        "something", "anything", "everything", "nothing", "none", "mine", "ours", "himself", "herself", "itself",
        "themselves",
    ]

    /// Forms that are only past tense, so that the verb is no participle.
    static let finitePasts: Set<String> = [
        "threw", "saw", "ate", "went", "wore", "drove", "rode", "took", "gave", "flew", "swam", "drank", "drew", "sang",
        "wrote", "began", "broke", "fell", "rang", "shook", "rose", "blew", "grew", "knew", "spoke", "stole", "sank",
    ]
}
