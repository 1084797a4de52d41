/// Cuts tagged words into noun phrases, verbs, prepositions and marks.
struct ItemReader {
    let words: [CaptionWord]
    let lexicon: Lexicon
    private(set) var items: [CaptionItem] = []
    private(set) var mentions: [Mention] = []
    private var cursor = 0

    init(words: [CaptionWord], lexicon: Lexicon) {
        self.words = words
        self.lexicon = lexicon
        while cursor < words.count { step() }
    }

    private mutating func step() {
        let word = words[cursor]
        switch word.tag {
        case .pronoun, .determiner, .possessor, .number, .adjective, .noun, .name: readMention()
        case .adverb: readAdverb()
        case .negation: readNegation()
        case .possessive: readPossessive()
        case .be, .have, .modal, .verb, .gerund, .participle, .infinitive: readVerb()
        case .preposition:
            append(.preposition(Wording(text: ClosedClasses.names[word.text] ?? word.text, range: word.range)))
        case .particle: append(.adjectives([Wording(text: word.text, range: word.range)]))
        case .conjunction: append(.conjunction)
        case .comma: append(.comma)
        case .stop: append(.stop)
        case .relative: append(.relative(Wording(text: word.text, range: word.range)))
        case .subordinator: append(.subordinator)
        case .skipped: cursor += 1
        }
    }

    private mutating func append(_ item: CaptionItem) {
        items.append(item)
        cursor += 1
    }

    private mutating func readMention() {
        var reader = MentionReader(words: words, lexicon: lexicon, at: cursor)
        if let (mention, end) = reader.read() {
            mentions.append(mention)
            items.append(.mention(mentions.count - 1))
            cursor = max(end, cursor + 1)
        } else {
            readAdjectives()
        }
    }

    private mutating func readAdjectives() {
        var adjectives: [Wording] = []
        let start = cursor
        while cursor < words.count {
            let word = words[cursor]
            if word.tag == .adjective {
                adjectives.append(Wording(text: word.text, range: word.range))
            } else if word.tag == .conjunction, cursor > start, cursor + 1 < words.count,
                words[cursor + 1].tag == .adjective
            {
                // "tall and dry"
            } else if word.tag != .adverb {
                break
            }
            cursor += 1
        }
        if cursor == start { cursor += 1 }
        guard !adjectives.isEmpty else { return }
        if adjectives.count == 2, WordLists.shades.contains(adjectives[0].text),
            WordLists.colours.contains(adjectives[1].text)
        {
            adjectives = [
                Wording(
                    text: "\(adjectives[0].text) \(adjectives[1].text)",
                    range: adjectives[0].range.lowerBound..<adjectives[1].range.upperBound)
            ]
        }
        items.append(.adjectives(adjectives))
    }

    /// "there is" says nothing of its own; other adverbs open a phrase or fall.
    private mutating func readAdverb() {
        let word = words[cursor]
        if (word.text == "there" || word.text == "here"), cursor + 1 < words.count, words[cursor + 1].tag == .be {
            cursor += 2
            return
        }
        var reader = MentionReader(words: words, lexicon: lexicon, at: cursor)
        if let (mention, end) = reader.read() {
            mentions.append(mention)
            items.append(.mention(mentions.count - 1))
            cursor = max(end, cursor + 1)
            return
        }
        cursor += 1
    }

    private mutating func readNegation() {
        let text = words[cursor].text
        if text == "no", cursor + 1 < words.count {
            readMention()
        } else {
            append(.negation)
        }
    }

    private mutating func readVerb() {
        var reader = VerbReader(words: words, at: cursor)
        let (group, end) = reader.read()
        items.append(.verb(group))
        cursor = max(end, cursor + 1)
    }

    /// The phrase after 's has the phrase before as owner; only the possession stays in the row of items.
    private mutating func readPossessive() {
        let range = words[cursor].range
        cursor += 1
        guard case .mention(let owner)? = items.last else { return }
        var reader = MentionReader(words: words, lexicon: lexicon, at: min(cursor, words.count - 1))
        guard cursor < words.count, var (mention, end) = reader.read(), mention.kind == .thing else { return }
        items.removeLast()
        mention.determiner = .possessor
        if isUser(mentions[owner], mention) {
            mention.attributes.insert(
                Wording(
                    text: caption(mentions[owner].range, range),
                    range: mentions[owner].range.lowerBound..<range.upperBound),
                at: 0)
            mention.determiner = .none
            mentions[owner].kind = .bystander
        } else {
            mention.owner = owner
            mention.ownerRange = range
        }
        mentions.append(mention)
        items.append(.mention(mentions.count - 1))
        end = max(end, cursor)
        cursor = end
    }

    private func caption(_ owner: Range<Int>, _ ending: Range<Int>) -> String {
        words.filter { $0.range.lowerBound >= owner.lowerBound && $0.range.upperBound <= ending.upperBound }
            .map { $0.token.kind == .possessive ? ($0.range.count == 1 ? "'" : "'s") : $0.text }.joined()
    }

    /// A7: "women's boots" are made for women.
    private func isUser(_ owner: Mention, _ thing: Mention) -> Bool {
        owner.isPlural && owner.file == 18 && owner.determiner == .none && owner.attributes.isEmpty && thing.file != 8
            && thing.file != 18
            && owner.range.lowerBound == words[0].range.lowerBound
    }
}
