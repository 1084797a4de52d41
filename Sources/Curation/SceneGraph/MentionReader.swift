/// Reads noun phrases from tagged words: articles, numbers, adjectives, nouns (rules O1 to O5, A1 to A5).
struct MentionReader {
    let words: [CaptionWord]
    let lexicon: Lexicon

    private var mention = Mention()
    private var nouns: [Int] = []
    private var cursor: Int
    private var hasDeterminer = false

    init(words: [CaptionWord], lexicon: Lexicon, at start: Int) {
        self.words = words
        self.lexicon = lexicon
        cursor = start
    }

    /// - Returns: the phrase and the index after it; nil when no noun phrase begins here.
    mutating func read() -> (mention: Mention, end: Int)? {
        if words[cursor].tag == .pronoun { return pronoun() }
        while cursor < words.count, take() {}
        if nouns.isEmpty { return ellipsis() }
        finish()
        return (mention, cursor)
    }

    private func pronoun() -> (mention: Mention, end: Int) {
        var mention = Mention()
        mention.lemma = words[cursor].text
        mention.range = words[cursor].range
        mention.kind = ClosedClasses.firstPersons.contains(mention.lemma) ? .bystander : .pronoun
        mention.isNegated = mention.lemma == "none" || mention.lemma == "nothing"
        return (mention, cursor + 1)
    }

    /// Takes one word into the phrase; false when it is no part of it.
    private mutating func take() -> Bool {
        let word = words[cursor]
        switch word.tag {
        case .determiner, .possessor:
            guard nouns.isEmpty, mention.attributes.isEmpty || !hasDeterminer else { return false }
            takeDeterminer(word)
        case .negation:
            guard nouns.isEmpty, !hasDeterminer, word.text == "no" else { return false }
            mention.isNegated = true
        case .number:
            guard nouns.isEmpty else { return false }
            if mention.determiner == .none { mention.determiner = .number }
            mention.attributes.append(Wording(text: word.text, range: word.range))
        case .adverb:
            guard nouns.isEmpty, isFollowedByPhrase(cursor + 1) else { return false }
        case .adjective:
            guard nouns.isEmpty else { return false }
            takeAdjective(word)
        case .comma, .conjunction:
            return takeJoint()
        case .noun, .name:
            if isColourBeforeConjunction(cursor) { takeAdjective(word) } else { nouns.append(cursor) }
        case .skipped:
            guard word.token.kind != .quotation || nouns.isEmpty else { return false }
        default: return false
        }
        cursor += 1
        return true
    }

    private mutating func takeDeterminer(_ word: CaptionWord) {
        hasDeterminer = true
        if mention.opener.isEmpty { mention.opener = word.text }
        if word.tag == .possessor {
            mention.determiner = .possessor
        } else if mention.determiner == .none, word.text != "some", word.text != "all" {
            mention.determiner = .article
        }
        if word.tag == .possessor || ["the", "this", "that", "these", "those"].contains(word.text) {
            mention.isDefinite = true
        }
    }

    /// "dark brown" is one attribute (A2).
    private mutating func takeAdjective(_ word: CaptionWord) {
        if mention.opener.isEmpty { mention.opener = word.text }
        if let last = mention.attributes.last, WordLists.shades.contains(last.text),
            WordLists.colours.contains(word.text),
            cursor > 0, words[cursor - 1].range == last.range
        {
            mention.attributes[mention.attributes.count - 1] = Wording(
                text: "\(last.text) \(word.text)", range: last.range.lowerBound..<word.range.upperBound)
        } else {
            mention.attributes.append(Wording(text: word.text, range: word.range))
        }
    }

    /// A comma or conjunction between adjectives.
    private func takeJointIsAllowed() -> Bool {
        guard nouns.isEmpty, !mention.attributes.isEmpty, cursor > 0, cursor + 1 < words.count else { return false }
        guard words[cursor - 1].tag == .adjective || isColourBeforeConjunction(cursor - 1) else { return false }
        let next = words[cursor + 1]
        let isAdjective = next.tag == .adjective || (next.tag == .noun && isColour(next) && isNounAt(cursor + 2))
        return isAdjective && isFollowedByPhrase(cursor + 1)
    }

    private mutating func takeJoint() -> Bool {
        guard takeJointIsAllowed() else { return false }
        cursor += 1
        return true
    }

    private func isColour(_ word: CaptionWord) -> Bool {
        WordLists.colours.contains(word.text) || WordLists.materials.contains(word.text)
    }

    private func isNounAt(_ index: Int) -> Bool {
        index < words.count && (words[index].tag == .noun || words[index].tag == .name)
    }

    /// "silver and gold balls"
    private func isColourBeforeConjunction(_ index: Int) -> Bool {
        guard index + 3 < words.count, isColour(words[index]), words[index + 1].tag == .conjunction else {
            return false
        }
        return isColour(words[index + 2]) && isNounAt(index + 3)
    }

    /// Adjectives, and then a noun.
    private func isFollowedByPhrase(_ start: Int) -> Bool {
        for word in words[start...] {
            switch word.tag {
            case .noun, .name: return true
            case .adjective, .adverb, .number: continue
            case .conjunction, .comma: continue
            default: return false
            }
        }
        return false
    }

    /// "one red and two blue squares": the first phrase has no noun of its own.
    private func ellipsis() -> (mention: Mention, end: Int)? {
        guard hasDeterminer || mention.determiner == .number, !mention.attributes.isEmpty else { return nil }
        var mention = mention
        mention.kind = .elliptical
        let end = mention.attributes[mention.attributes.count - 1].range.upperBound
        mention.range = end..<end
        return (mention, cursor)
    }

    // MARK: - Nouns

    private mutating func finish() {
        if takeRole() { return }
        let first = nouns[0]
        let allNames = nouns.allSatisfy { words[$0].tag == .name }
        if !allNames { takeModifiers() }
        let last = words[nouns[nouns.count - 1]]
        let head = allNames && nouns.count > 1 || last.tag == .name ? last.text : headLemma(last)
        let others = nouns.dropLast().map { words[$0].text }
        mention.lemma = (others + [head]).joined(separator: " ")
        mention.head = head
        mention.range = words[nouns[0]].range.lowerBound..<last.range.upperBound
        mention.isName = last.tag == .name || (allNames && words[first].tag == .name)
        describe(last)
    }

    /// "Judge Maria Lopez" is a judge.
    private mutating func takeRole() -> Bool {
        guard nouns.count > 1, words[nouns[nouns.count - 1]].tag == .name else { return false }
        guard let role = nouns.dropLast().last(where: { WordLists.roles.contains(words[$0].text) }) else {
            return false
        }
        guard nouns.firstIndex(of: role) == 0 || words[nouns[0]].tag != .name else { return false }
        let start = nouns[0]
        mention.lemma = nouns.prefix { $0 <= role }.map { words[$0].text }.joined(separator: " ")
        mention.head = words[role].text
        mention.range = words[start].range.lowerBound..<words[role].range.upperBound
        describe(words[role])
        mention.file = 18
        return true
    }

    /// Materials, likenesses and names before the last noun are attributes.
    private mutating func takeModifiers() {
        while nouns.count > 1 {
            let word = words[nouns[0]]
            if word.tag == .name, !isFeast(word), words[nouns[nouns.count - 1]].tag == .noun {
                takeName()
            } else if isMaterial(word) || isLikeness(word) {
                mention.attributes.append(Wording(text: word.text, range: word.range))
                nouns.removeFirst()
            } else {
                return
            }
        }
    }

    private mutating func takeName() {
        let names = nouns.prefix { words[$0].tag == .name }
        let range = words[names[0]].range.lowerBound..<words[names[names.count - 1]].range.upperBound
        mention.attributes.append(Wording(text: names.map { words[$0].text }.joined(separator: " "), range: range))
        nouns.removeFirst(names.count)
    }

    private func isFeast(_ word: CaptionWord) -> Bool { word.readings.nounFile == 28 }

    private func isMaterial(_ word: CaptionWord) -> Bool {
        if WordLists.colours.contains(word.text) { return true }
        guard WordLists.materials.contains(word.text) else { return false }
        return !WordLists.looseMaterials.contains(word.text) || !isCollocation()
    }

    /// The lexicon has the first two words as one noun.
    private func isCollocation() -> Bool {
        let next = words[nouns[1]]
        return lexicon.lexeme("\(words[nouns[0]].text)_\(next.readings.noun ?? next.text)", as: .noun) != nil
    }

    /// "toy car", "baby elephant", not "toy box" and "baby blanket".
    private func isLikeness(_ word: CaptionWord) -> Bool {
        guard WordLists.likenesses.contains(word.text) else { return false }
        let file = words[nouns[nouns.count - 1]].readings.nounFile
        let head = words[nouns[nouns.count - 1]].readings.noun ?? ""
        switch word.text {
        case "toy": return !["box", "store", "shop", "chest", "basket", "room"].contains(head)
        case "baby": return file == 5 || file == 18
        default: return true
        }
    }

    private func headLemma(_ word: CaptionWord) -> String {
        let lemma = word.readings.noun ?? word.text
        if word.text == "glasses", nouns.count == 1, mention.determiner == .none, !isBeforeOf { return "glasses" }
        if word.text == "clothes" || word.text == "stairs" { return word.text }
        if word.readings.noun == nil, word.text.hasSuffix("s"), !word.text.hasSuffix("ss"), word.text.utf8.count > 3 {
            return String(word.text.dropLast())
        }
        return lemma
    }

    private var isBeforeOf: Bool { cursor < words.count && words[cursor].text == "of" }

    private mutating func describe(_ word: CaptionWord) {
        mention.isPlural = word.readings.isPlural || (word.readings.noun == nil && word.text.hasSuffix("s"))
        mention.file = word.readings.nounFile
        mention.sense = word.readings.nounSense
    }
}
