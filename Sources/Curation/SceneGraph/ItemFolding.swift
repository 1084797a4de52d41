/// Takes out of the row of items what names no thing of the scene: the caption's own picture, counting words, parts, times,
/// places in the picture (rules O7 to O11).
struct ItemFolding {
    private let items: [CaptionItem]
    private(set) var mentions: [Mention]
    private(set) var folded: [CaptionItem] = []
    private var cursor = 0
    /// Since the sentence began.
    private var hasVerb = false
    private var hasThing = false
    /// The sentence is about what the speaker does.
    private var hasSpeaker = false

    init(_ reader: ItemReader) {
        items = reader.items
        mentions = reader.mentions
        folded.reserveCapacity(items.count)
        while cursor < items.count { step() }
    }

    private mutating func step() {
        switch items[cursor] {
        case .preposition(let preposition): fold(preposition)
        case .mention(let index): fold(index)
        case .verb:
            hasVerb = true
            keep()
        case .stop:
            (hasVerb, hasThing, hasSpeaker) = (false, false, false)
            keep()
        default: keep()
        }
    }

    private mutating func keep() {
        folded.append(items[cursor])
        cursor += 1
    }

    private func mention(_ steps: Int) -> Int? {
        guard cursor + steps < items.count, case .mention(let index) = items[cursor + steps] else { return nil }
        return index
    }

    private func preposition(_ steps: Int) -> Wording? {
        guard cursor + steps < items.count, case .preposition(let wording) = items[cursor + steps] else { return nil }
        return wording
    }

    private func isOf(_ steps: Int) -> Bool { preposition(steps)?.text == "of" }

    // MARK: - Prepositions

    private mutating func fold(_ first: Wording) {
        if let next = preposition(1), next.text == "left of" || next.text == "right of" {
            folded.append(
                .preposition(Wording(text: "to \(next.text)", range: first.range.lowerBound..<next.range.upperBound)))
            cursor += 2
            return
        }
        guard let index = mention(1) else { return keep() }
        if WordLists.parts.contains(mentions[index].head), mentions[index].kind == .thing, isOf(2), mention(3) != nil {
            foldPart(first, index)
        } else if WordLists.counts.contains(mentions[index].head), isOf(2) {
            keep()
        } else if isOmitted(index, after: first.text) {
            mentions[index].kind = .bystander
            let followed = isOf(2) && mention(3) != nil
            if followed, let other = mention(3) { mentions[other].kind = .bystander }
            cursor += followed ? 4 : 2
        } else {
            folded.append(items[cursor])
            cursor += 1
        }
    }

    /// "along the edge of the ocean" is along the ocean, "near the scene of an accident" near it.
    private mutating func foldPart(_ first: Wording, _ index: Int) {
        mentions[index].kind = .bystander
        let head = mentions[index].head
        let words = items[cursor + 2]
        guard case .preposition(let of) = words else { return keep() }
        if WordLists.silentParts.contains(head) {
            folded.append(.preposition(first))
        } else {
            let text = "\(first.text) \(head) of"
            folded.append(.preposition(Wording(text: text, range: first.range.lowerBound..<of.range.upperBound)))
        }
        cursor += 3
    }

    private func isOmitted(_ index: Int, after preposition: String) -> Bool {
        let mention = mentions[index]
        guard mention.kind == .thing else { return false }
        if WordLists.timePrepositions.contains(preposition) { return true }
        if mention.isTime, !WordLists.visibleTimes.contains(mention.head) || isSunAt(mention, preposition) {
            return true
        }
        if WordLists.picturePlaces.contains(mention.lemma), mention.attributes.isEmpty, mention.determiner == .article {
            return ["in", "on", "at", "to", "from"].contains(preposition)
        }
        if WordLists.idioms[preposition]?.contains(mention.lemma) ?? false, mention.determiner == .none { return true }
        if preposition == "in", mention.lemma == "row" || mention.lemma == "line", !mention.isDefinite,
            mention.attributes.isEmpty
        {
            return true
        }
        return isUnseen(mention)
    }

    /// "at sunset" is a time, a sunset that is looked at is a thing.
    private func isSunAt(_ mention: Mention, _ preposition: String) -> Bool {
        (preposition == "at" || preposition == "in") && mention.determiner == .none && mention.lemma == mention.head
            && mention.head.hasPrefix("sun")
    }

    private func isUnseen(_ mention: Mention) -> Bool {
        guard WordLists.unseen.contains(mention.head), mention.lemma == mention.head else { return false }
        return !WordLists.unseenWhenBare.contains(mention.head) || mention.determiner == .none
    }

    // MARK: - Noun phrases

    private mutating func fold(_ index: Int) {
        let own = mentions[index]
        if own.kind == .elliptical { restore(index) }
        if own.isNegated, isOf(1) { return skipDenied(index) }
        if isOf(1), let other = mention(2), foldCount(index, other) { return }
        if own.kind == .bystander, !hasVerb { hasSpeaker = true }
        guard own.kind == .thing else { return keep() }
        if WordLists.pictures.contains(own.head), !hasVerb || hasSpeaker, !hasThing || isRemark(own), !isThing(own) {
            return foldPicture(index)
        }
        if own.isTime, !WordLists.visibleTimes.contains(own.head) || WordLists.timeOpeners.contains(own.opener) {
            return drop(index)
        }
        if isUnseen(own) {
            drop(index)
            if isOf(0) { cursor += 1 }
            return
        }
        hasThing = true
        keep()
    }

    /// "the painting on the wall" is one of the scene.
    private func isThing(_ mention: Mention) -> Bool {
        guard mention.determiner == .article, let next = preposition(1) else { return false }
        return !["of", "from", "through", "showing", "with"].contains(next.text)
    }

    /// ", view through a window", ", shot yesterday"
    private func isRemark(_ mention: Mention) -> Bool {
        let isPicture = mention.lemma.split(separator: " ").allSatisfy { WordLists.pictures.contains(String($0)) }
        guard mention.determiner == .none, isPicture else { return false }
        switch folded.last {
        case .comma?, .stop?: return true
        default: return false
        }
    }

    private mutating func drop(_ index: Int) {
        mentions[index].kind = .bystander
        cursor += 1
    }

    /// "none of them red"
    private mutating func skipDenied(_ index: Int) {
        while cursor < items.count {
            switch items[cursor] {
            case .comma, .stop, .conjunction: return
            case .mention(let other): mentions[other].kind = .bystander
            default: break
            }
            cursor += 1
        }
    }

    /// The phrase before "of" only counts, or only says which part.
    private mutating func foldCount(_ index: Int, _ other: Int) -> Bool {
        let own = mentions[index]
        guard own.kind == .pronoun || own.kind == .thing else { return false }
        let isCount = WordLists.counts.contains(own.head) && own.lemma == own.head
        let isPart = WordLists.parts.contains(own.head) && own.lemma == own.head && !isPicture(own)
        let isNumber =
            WordLists.numbers.contains(own.range.isEmpty ? "" : own.lemma) || WordLists.numbers.contains(own.head)
        guard isCount || isPart || isNumber || own.kind == .pronoun else { return false }
        if isPart, own.determiner == .none, own.attributes.isEmpty, hasVerb { return false }
        if isNumber, own.kind == .thing {
            mentions[other].attributes.insert(Wording(text: numberText(own), range: own.range), at: 0)
            mentions[other].determiner = .number
        }
        if own.kind == .thing, own.determiner == .article, isCount { mentions[other].isPlural = true }
        if isCount, mentions[other].determiner == .none { mentions[other].determiner = own.determiner }
        mentions[index].kind = .bystander
        cursor += 2
        return true
    }

    private func isPicture(_ mention: Mention) -> Bool {
        WordLists.pictures.contains(mention.head) && !hasThing && !hasVerb
    }

    private func numberText(_ mention: Mention) -> String {
        mention.isPlural && !mention.lemma.hasSuffix("s") ? mention.lemma + "s" : mention.lemma
    }

    /// "aerial view of a village", "view from our window", "fox icon"
    private mutating func foldPicture(_ index: Int) {
        let words = mentions[index].lemma.split(separator: " ")
        if isOf(1) || preposition(1) != nil {
            mentions[index].kind = .bystander
            if hasThing { folded.append(.stop) }
            cursor += 2
        } else if words.count > 1, !WordLists.pictures.contains(String(words[0])) {
            let shortened = words.dropLast().joined(separator: " ")
            let removed = words[words.count - 1].utf8.count + 1
            mentions[index].lemma = shortened
            mentions[index].head = String(words[words.count - 2])
            mentions[index].range = mentions[index].range.lowerBound..<(mentions[index].range.upperBound - removed)
            hasThing = true
            keep()
        } else {
            drop(index)
        }
    }

    /// "one red and two blue squares": the left-out noun comes from the phrase that follows (O2).
    private mutating func restore(_ index: Int) {
        mentions[index].kind = .bystander
        guard cursor + 1 < items.count, case .conjunction = items[cursor + 1], let other = mention(2) else { return }
        let source = mentions[other]
        mentions[index].kind = .thing
        (mentions[index].lemma, mentions[index].head) = (source.lemma, source.head)
        (mentions[index].file, mentions[index].sense) = (source.file, source.sense)
    }
}
