/// Reads a verb with its auxiliaries and particle from tagged words.
struct VerbReader {
    let words: [CaptionWord]
    private var cursor: Int
    private var isInfinitive = false
    private var hasBe = false
    private var hasBeing = false
    private var hasPerfect = false
    private var hasModal = false
    private var hasSingularAuxiliary = false
    private var isNegated = false
    private var firstRange: Range<Int>

    init(words: [CaptionWord], at start: Int) {
        self.words = words
        cursor = start
        firstRange = words[start].range
    }

    /// - Returns: the verb and the index after it.
    mutating func read() -> (group: VerbGroup, end: Int) {
        while cursor < words.count {
            let word = words[cursor]
            switch word.tag {
            case .infinitive: isInfinitive = true
            case .be:
                hasBe = true
                if word.text == "is" || word.text == "was" { hasSingularAuxiliary = true }
                if word.text == "being" { hasBeing = true }
                if word.text.hasSuffix("n't") { isNegated = true }
            case .modal:
                hasModal = true
                if word.text.hasSuffix("n't") { isNegated = true }
            case .negation where word.text == "not" || word.text == "never": isNegated = true
            case .have:
                guard isPerfect(cursor) else { return main(word, lemma: "have") }
                hasPerfect = true
                if word.text == "has" { hasSingularAuxiliary = true }
            case .adverb where isVerb(after: cursor): break
            case .preposition where word.text == "about" && hasBe && tag(cursor + 1) == .infinitive: cursor += 1
            case .verb, .gerund, .participle:
                return main(word, lemma: word.text == "having" ? "have" : word.readings.verb ?? word.text)
            default: return copula()
            }
            cursor += 1
        }
        return copula()
    }

    private func tag(_ index: Int) -> Tag? { index < words.count ? words[index].tag : nil }

    private func isPerfect(_ index: Int) -> Bool {
        var next = index + 1
        while tag(next) == .adverb || tag(next) == .negation { next += 1 }
        return tag(next) == .participle || tag(next) == .be
    }

    private func isVerb(after index: Int) -> Bool {
        var next = index + 1
        while tag(next) == .adverb || tag(next) == .negation { next += 1 }
        switch tag(next) {
        case .verb, .gerund, .participle, .be: return true
        case .infinitive: return hasBe
        default: return false
        }
    }

    private var isSingular: Bool {
        switch words[cursor].tag {
        case .verb: words[cursor].readings.forms.contains(.third)
        default: hasSingularAuxiliary
        }
    }

    private func copula() -> (group: VerbGroup, end: Int) {
        var group = VerbGroup(
            lemma: "be", text: "be", form: isInfinitive ? .infinitive : .finite, ranges: [firstRange], isCopula: true)
        group.isNegated = isNegated
        group.isSingular = hasSingularAuxiliary
        return (group, max(cursor, 1))
    }

    private mutating func main(_ word: CaptionWord, lemma: String) -> (group: VerbGroup, end: Int) {
        var group = VerbGroup(lemma: lemma, text: word.text, form: form(word), ranges: [word.range])
        group.isPassive = word.tag == .participle && !hasPerfect || (word.tag == .participle && hasPerfect && hasBe)
        group.isNegated = isNegated
        group.isSingular = isSingular || word.text == "has"
        group.agreement = word.readings.forms
        group.isBase = word.tag == .verb && word.readings.forms.contains(.base)
        cursor += 1
        followOpeners(&group)
        takeParticle(&group)
        return (group, cursor)
    }

    private func form(_ word: CaptionWord) -> VerbGroup.Form {
        if isInfinitive { return .infinitive }
        if hasBe || hasModal || hasPerfect { return hasBeing && !isFinite ? .participle : .finite }
        switch word.tag {
        case .gerund: return .gerund
        case .participle: return .participle
        default: return .finite
        }
    }

    /// "being" alone makes no sentence, "is being" does.
    private var isFinite: Bool {
        words.prefix(cursor).suffix(4).contains { $0.tag == .be && $0.text != "being" && $0.text != "been" }
    }

    /// "tries to jump" is "jump", "goes swimming" is "swim" (R1).
    private mutating func followOpeners(_ group: inout VerbGroup) {
        var next = cursor
        while tag(next) == .adverb || (tag(next) == .adjective && words[next].text == "ready") { next += 1 }
        if tag(next) == .infinitive, tag(next + 1) == .verb, WordLists.openers.contains(group.lemma) {
            adopt(next + 1, &group)
        } else if group.lemma == "go", tag(cursor) == .gerund {
            adopt(cursor, &group)
        } else if (group.lemma == "start" || group.lemma == "begin" || group.lemma == "keep"), tag(cursor) == .gerund {
            adopt(cursor, &group)
        }
    }

    private mutating func adopt(_ index: Int, _ group: inout VerbGroup) {
        group.lemma = words[index].readings.verb ?? words[index].text
        group.text = words[index].text
        group.ranges = [words[index].range]
        group.isPassive = false
        cursor = index + 1
    }

    private mutating func takeParticle(_ group: inout VerbGroup) {
        guard let next = tag(cursor) else { return }
        let text = words[cursor].text
        guard next == .particle || (next == .adverb && ClosedClasses.particles.contains(text)) else { return }
        group.particle = text
        group.ranges.append(words[cursor].range)
        cursor += 1
    }
}
