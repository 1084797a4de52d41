/// Decides what each word of a caption is: one pass from left to right, by closed classes, what the lexicon allows, what
/// stands before and what may follow.
struct Tagger {
    enum Phrase { case outside, open, afterNoun }

    let lexicon: Lexicon
    var words: [CaptionWord]
    /// Where the noun phrase stands.
    var phrase = Phrase.outside
    /// Since the sentence, relative clause or subordinate clause began.
    var hasFiniteVerb = false
    /// A noun of the clause's subject is plural, or several are coordinated.
    var hasPluralSubject = false
    /// After "watch" and its like a base form may follow the object.
    var awaitsBaseForm = false
    /// Relative clauses that began and have no finite verb yet are over a subject that still waits for its own.
    var subjectWaits = false
    /// A noun that isn't in a prepositional phrase came before.
    var hasSubject = false
    var isInPrepositionalPhrase = false
    /// The clause's verb came before: nouns are objects.
    var isPastVerb = false
    var lastVerbForm: VerbForms = []

    static func tagged(_ words: [CaptionWord], _ lexicon: Lexicon) -> [CaptionWord] {
        var tagger = Tagger(words: words, lexicon: lexicon)
        for index in words.indices { tagger.decide(index) }
        return tagger.words
    }

    private init(words: [CaptionWord], lexicon: Lexicon) {
        self.words = words
        self.lexicon = lexicon
    }

    private mutating func decide(_ index: Int) {
        let tag: Tag
        if let closed = words[index].closed {
            tag = closedTag(closed, index)
        } else if words[index].isName {
            tag = nameTag(index)
        } else {
            tag = openTag(index)
        }
        words[index].tag = tag
        follow(tag, index)
    }

    /// A capitalised adjective before a noun ("Greek island") is one; so is any noun an ordinary noun when it names a role.
    private func nameTag(_ index: Int) -> Tag {
        let word = words[index]
        if word.readings.isAdjective,
            word.readings.noun == nil || word.readings.nounFile == 18 || word.readings.nounFile == 10,
            next(index).map({ $0.isOpen && $0.readings.noun != nil && !$0.isName }) ?? false
        {
            return .adjective
        }
        return .name
    }

    // MARK: - What a decision changes

    private mutating func follow(_ tag: Tag, _ index: Int) {
        switch tag {
        case .determiner, .number, .adjective, .possessor, .possessive:
            if tag == .adjective, phrase != .open, !opensPhrase(index) { break }
            phrase = .open
        case .negation:
            phrase = words[index].text == "not" ? .outside : .open
        case .noun, .name:
            phrase = .afterNoun
            if !hasFiniteVerb, !isPastVerb, !isInPrepositionalPhrase {
                hasPluralSubject = hasPluralSubject || words[index].readings.isPlural
                hasSubject = true
            }
        case .adverb:
            if phrase == .afterNoun { phrase = .outside }
        case .conjunction:
            isInPrepositionalPhrase = isInPrepositionalPhrase && phrase != .afterNoun
            if phrase == .afterNoun, !hasFiniteVerb, !isPastVerb { hasPluralSubject = true }
            phrase = phrase == .open && previous(index)?.tag == .adjective ? .open : .outside
        case .relative, .subordinator:
            (hasSubject, isInPrepositionalPhrase, isPastVerb) = (tag == .relative, false, false)
            subjectWaits = tag == .relative && !hasFiniteVerb
            (hasFiniteVerb, hasPluralSubject) = (false, tag == .relative && hasPluralSubject)
            phrase = .outside
        case .preposition:
            (phrase, isInPrepositionalPhrase) = (.outside, true)
        case .comma:
            (phrase, isInPrepositionalPhrase) = (.outside, false)
        case .stop:
            (hasSubject, isInPrepositionalPhrase, isPastVerb) = (false, false, false)
            (hasFiniteVerb, hasPluralSubject, awaitsBaseForm, subjectWaits) = (false, false, false, false)
            phrase = .outside
        case .verb, .be, .have, .modal:
            followVerb(tag, index)
        case .gerund:
            phrase = .outside
            awaitsBaseForm = isPerception(index)
        default:
            phrase = .outside
        }
    }

    private mutating func followVerb(_ tag: Tag, _ index: Int) {
        // An infinitive is no verb of its clause.
        if tag == .verb, previous(index)?.tag == .infinitive {
            (phrase, awaitsBaseForm) = (.outside, isPerception(index))
            return
        }
        (hasFiniteVerb, isPastVerb) = (true, true)
        if subjectWaits, tag != .modal {
            // The relative clause has its verb; the noun before it still waits.
            (hasFiniteVerb, subjectWaits) = (false, false)
        }
        (phrase, isInPrepositionalPhrase) = (.outside, false)
        if tag == .verb {
            lastVerbForm = words[index].readings.forms
            awaitsBaseForm = isPerception(index)
        }
    }

    private func isPerception(_ index: Int) -> Bool {
        words[index].readings.verb.map(WordLists.perceptions.contains) ?? false
    }

    private func opensPhrase(_ index: Int) -> Bool {
        next(index).map { $0.isOpen && $0.readings.canModify && ($0.readings.noun != nil || $0.readings.isAdjective) }
            ?? false
    }

    // MARK: - Neighbours

    func next(_ index: Int, _ steps: Int = 1) -> CaptionWord? {
        index + steps < words.count ? words[index + steps] : nil
    }

    func previous(_ index: Int, _ steps: Int = 1) -> CaptionWord? { index >= steps ? words[index - steps] : nil }

    /// The tag before, adverbs left out.
    func tagBefore(_ index: Int) -> Tag? {
        var place = index - 1
        while place >= 0, words[place].tag == .adverb || words[place].tag == .skipped { place -= 1 }
        return place >= 0 ? words[place].tag : nil
    }

    /// Whether the next word begins a noun phrase for certain.
    func isBeforePhrase(_ index: Int) -> Bool {
        guard let closed = next(index)?.closed else { return false }
        switch closed {
        case .determiner, .possessor, .number, .pronoun: return true
        case .negation: return next(index)?.text == "no"
        default: return false
        }
    }

    /// The lexicon has this word and the next one as one noun.
    func isCollocation(_ index: Int) -> Bool {
        guard let word = next(index), word.isOpen, let head = word.readings.noun else { return false }
        return lexicon.lexeme("\(words[index].text)_\(head)", as: .noun) != nil
    }

    /// Whether the next word can go on with a noun phrase after a modifier.
    func isBeforeNoun(_ index: Int) -> Bool {
        guard let word = next(index) else { return false }
        if let closed = word.closed { return closed == .adjective }
        guard word.isOpen else { return false }
        if word.isName { return true }
        let readings = word.readings
        if !readings.isKnown { return true }
        if readings.noun != nil { return true }
        if readings.isAdjective || !readings.forms.isDisjoint(with: [.gerund, .past]) {
            return isBeforeNoun(index + 1)
        }
        return false
    }
}
