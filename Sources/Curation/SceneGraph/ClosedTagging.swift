/// Words of closed classes that belong to more than one.
extension Tagger {
    func closedTag(_ closed: Tag, _ index: Int) -> Tag {
        let word = words[index]
        switch word.text {
        case "her": return isBeforeNoun(index) || next(index)?.closed == .number ? .possessor : .pronoun
        case "his": return .possessor
        case "that": return relativeThat(index)
        case "to": return toTag(index)
        case "like", "past", "down", "up", "off", "over", "around", "out", "near", "opposite":
            return prepositionOrOther(index)
        case "one", "another", "each", "both", "all", "some", "others", "other", "either": return quantifierTag(index)
        case "having": return .gerund
        case "do", "does", "did": return isBeforePhrase(index) || isBeforeNoun(index) ? .verb : .modal
        case "can": return isContainer(index) ? .noun : .modal
        case "since", "until", "before", "after": return isBeforeClause(index) ? .subordinator : .preposition
        case "as": return isBeforeClause(index) ? .subordinator : .preposition
        case "without": return .negation
        case "this", "these", "those": return isBeforeNoun(index) ? .determiner : .pronoun
        case "there", "here": return .adverb
        case "inside", "outside", "behind", "across", "along", "below", "above", "nearby", "through", "under":
            return closed == .preposition && isAlone(index) ? .adverb : closed
        case "still", "even", "just", "only", "together", "half": return .adverb
        default: return closed
        }
    }

    /// "a trash can"
    private func isContainer(_ index: Int) -> Bool {
        guard phrase != .outside else { return false }
        return !(next(index).map { $0.isOpen && $0.readings.forms.contains(.base) } ?? false)
    }

    /// Nothing follows that a preposition could stand before.
    private func isAlone(_ index: Int) -> Bool {
        guard let word = next(index) else { return true }
        switch word.closed {
        case nil: return false
        case .determiner, .possessor, .number, .pronoun, .adjective, .relative, .skipped, .adverb: return false
        default: return true
        }
    }

    private func relativeThat(_ index: Int) -> Tag {
        if case .afterNoun = phrase { return .relative }
        return isBeforeNoun(index) ? .determiner : .relative
    }

    private func toTag(_ index: Int) -> Tag {
        guard let word = next(index), word.isOpen, word.readings.forms.contains(.base) else { return .preposition }
        if let verb = previous(index)?.readings.verb, WordLists.pauses.contains(verb) { return .infinitive }
        if word.readings.noun == nil || previous(index)?.text == "about" { return .infinitive }
        if word.readings.verbFrequency > word.readings.nounFrequency { return .infinitive }
        // "to catch a ball": an object follows.
        return isBeforePhrase(index + 1) ? .infinitive : .preposition
    }

    private func prepositionOrOther(_ index: Int) -> Tag {
        let word = words[index]
        let before = tagBefore(index)
        let followsVerb = before == .verb || before == .gerund || before == .participle
        if followsVerb, ClosedClasses.particles.contains(word.text) { return particleTag(index) }
        if isAlone(index) { return ClosedClasses.particles.contains(word.text) ? .particle : .adverb }
        return .preposition
    }

    private func particleTag(_ index: Int) -> Tag {
        if isAlone(index) { return .particle }
        let verb = words[..<index].last { $0.tag == .verb || $0.tag == .gerund || $0.tag == .participle }
        guard let lemma = verb?.readings.verb else { return .preposition }
        let isBound = ClosedClasses.particleVerbs.contains(lemma)
        return isBound && words[index].text != "over" && words[index].text != "around" ? .particle : .preposition
    }

    /// "one" and its like count a noun or stand for one.
    private func quantifierTag(_ index: Int) -> Tag {
        let text = words[index].text
        if text == "others" { return .pronoun }
        if previous(index)?.tag == .comma, next(index)?.readings.forms.contains(.gerund) ?? false { return .skipped }
        if isBeforeNoun(index), !(next(index).map(isVerbOnly) ?? false) { return text == "one" ? .number : .determiner }
        switch next(index)?.closed {
        case .determiner, .possessor, .number, .adverb: return text == "one" ? .number : .determiner
        default: break
        }
        if text == "each", next(index)?.text == "other" { return .determiner }
        if text == "all" || text == "both" || text == "some", next(index)?.text != "of" { return .determiner }
        return .pronoun
    }

    func isVerbOnly(_ word: CaptionWord) -> Bool {
        guard word.isOpen, !word.readings.forms.isEmpty, !word.readings.isAdjective else { return false }
        guard word.readings.noun != nil else { return true }
        return word.readings.forms.contains(.third) && word.readings.verbFrequency > 2 * word.readings.nounFrequency
    }

    /// Whether a verb comes before the next mark: "as tourists take pictures", "after scoring a goal".
    private func isBeforeClause(_ index: Int) -> Bool {
        guard let first = next(index) else { return false }
        if first.isOpen, first.readings.forms.contains(.gerund) {
            return isBeforePhrase(index + 1) || first.readings.noun == nil
        }
        if first.closed == .pronoun { return true }
        for place in (index + 1)..<min(index + 7, words.count) {
            switch words[place].closed {
            case .be, .have, .modal: return true
            case .comma, .stop, .preposition, .conjunction, .relative: return false
            case nil where isVerbOfClause(place) || isPluralBeforeVerb(place): return true
            default: continue
            }
        }
        return false
    }

    private func isVerbOfClause(_ index: Int) -> Bool {
        isVerbOnly(words[index]) && !words[index].readings.forms.isDisjoint(with: [.base, .third])
    }

    private func isPluralBeforeVerb(_ index: Int) -> Bool {
        guard words[index].readings.isPlural, let following = next(index) else { return false }
        return following.isOpen && following.readings.forms.contains(.base)
    }
}
