/// Open words where no noun phrase has begun: after verbs, prepositions, marks, and at the start.
extension Tagger {
    func tagOutside(_ index: Int) -> Tag {
        switch tagBefore(index) {
        case .be: return tagAfterBe(index)
        case .have: return tagAfterHave(index)
        case .infinitive, .modal, .pronoun: return tagAfterSubject(index)
        case .relative: return tagAfterRelative(index)
        case .verb, .gerund, .participle, .particle: return tagAfterVerb(index)
        case .subordinator where words[index].readings.forms.contains(.gerund) && !isBeforeNoun(index): return .gerund
        case .preposition where previous(index)?.text == "in" && WordLists.colours.contains(words[index].text):
            return isBeforeNoun(index) ? tagAtStart(index) : .adjective
        case .conjunction, .comma: return tagAfterConjunction(index)
        case .noun, .name: return tagAfterAdverb(index)
        default: return tagAtStart(index)
        }
    }

    private func tagAfterBe(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) { return .gerund }
        if readings.forms.contains(.past),
            !(readings.isAdjective && readings.adjectiveFrequency > readings.verbFrequency)
        {
            return .participle
        }
        if readings.isAdverb, readings.adverbFrequency > 0, !readings.isAdjective { return .adverb }
        if readings.isAdjective { return .adjective }
        return nounFirst(index)
    }

    private func tagAfterHave(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.past), !isBeforeNoun(index), !isBeforeNounAcrossAdjective(index) {
            return .participle
        }
        return tagAtStart(index)
    }

    private func isBeforeNounAcrossAdjective(_ index: Int) -> Bool {
        next(index)?.readings.isAdjective ?? false && isBeforeNoun(index + 1)
    }

    private func tagAfterSubject(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) { return .gerund }
        if previous(index)?.text == "them" || previous(index)?.text == "it", readings.isAdjective,
            !isBeforePhrase(index)
        {
            return .adjective
        }
        return readings.forms.isEmpty ? tagAtStart(index) : .verb
    }

    private func tagAfterRelative(_ index: Int) -> Tag {
        let readings = words[index].readings
        // "whose shoes", "where logs", "in which ducks": a noun comes first.
        let asksForNoun = ["whose", "where"].contains(previous(index)?.text) || previous(index, 2)?.tag == .preposition
        guard !asksForNoun, !readings.forms.isDisjoint(with: [.base, .third, .past]) else { return tagAtStart(index) }
        let isVerb =
            readings.noun == nil || readings.forms.contains(.third)
            || readings.verbFrequency > readings.nounFrequency || isBeforePhrase(index)
        return isVerb ? .verb : tagAtStart(index)
    }

    private func tagAfterVerb(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) {
            if isBeforeNoun(index), !isBeforePhrase(index), readings.isAdjective || isNounPhraseGerund(index) {
                return gerundModifier(index)
            }
            return readings.noun != nil && readings.nounFrequency > 3 * max(readings.verbFrequency, 1) ? .noun : .gerund
        }
        // "a plane that lands flies low": the verb of a subject that still waits.
        if readings.forms.contains(.third), !hasFiniteVerb, readings.verbFrequency > readings.nounFrequency {
            return .verb
        }
        guard isAdverbAfterVerb(index) else { return nounFirst(index) }
        if WordLists.manners.contains(words[index].text) { return .adjective }
        let isPredicate = readings.isAdjective && WordLists.copulas.contains(previous(index)?.readings.verb ?? "")
        return isPredicate ? .adjective : .adverb
    }

    private func isAdverbAfterVerb(_ index: Int) -> Bool {
        let readings = words[index].readings
        guard readings.isAdverb, readings.adverbFrequency > 0 else { return false }
        if readings.noun != nil, readings.adverbFrequency <= readings.nounFrequency { return false }
        return !isBeforeNoun(index) || (readings.noun == nil && !readings.isAdjective)
    }

    /// "drinking sparkling water", not "goes swimming".
    private func isNounPhraseGerund(_ index: Int) -> Bool {
        guard !WordLists.doings.contains(words[index].text), previous(index)?.tag == .verb else { return true }
        let verb = previous(index)?.readings.verb ?? "go"
        return verb != "go" && !WordLists.openers.contains(verb)
    }

    private func tagAfterConjunction(_ index: Int) -> Tag {
        let readings = words[index].readings
        let isConjunction = tagBefore(index) == .conjunction
        if isConjunction, previous(index, 2)?.tag == .adjective, readings.isAdjective, !isBeforeNoun(index) {
            return .adjective
        }
        if isConjunction, isCoordinatedVerb(index) { return .verb }
        if !isConjunction, readings.forms.contains(.third), readings.noun == nil { return .verb }
        if !isConjunction, isWaitedFor(index) { return .verb }
        if readings.forms.contains(.gerund) { return gerundAfterConjunction(index, isConjunction) }
        if readings.forms.contains(.past), !isBeforeNoun(index), readings.noun == nil {
            return ClosedClasses.finitePasts.contains(words[index].text) ? .verb : .participle
        }
        return tagAtStart(index)
    }

    /// ", returns to the harbour": the subject stands before the comma and has no verb yet.
    private func isWaitedFor(_ index: Int) -> Bool {
        let readings = words[index].readings
        guard hasSubject, !hasFiniteVerb, !readings.forms.isDisjoint(with: [.third, .base]) else { return false }
        if readings.forms.contains(.third) == hasPluralSubject { return false }
        if isBeforePhrase(index) { return true }
        let isFollowed = next(index)?.closed == .preposition || readings.forms.contains(.base)
        return isFollowed && readings.verbFrequency > 2 * readings.nounFrequency
    }

    /// "kneels in the sand and builds a castle": the same form as the verb before.
    private func isCoordinatedVerb(_ index: Int) -> Bool {
        let readings = words[index].readings
        guard !readings.forms.isDisjoint(with: lastVerbForm) else { return false }
        if readings.noun == nil || isBeforePhrase(index) { return true }
        guard readings.verbFrequency > readings.nounFrequency, let word = next(index) else { return false }
        return word.closed == .preposition || word.readings.forms.contains(.gerund)
    }

    private func gerundAfterConjunction(_ index: Int, _ isConjunction: Bool) -> Tag {
        if isBeforePhrase(index) || next(index)?.closed == .preposition || next(index)?.closed == .particle {
            return .gerund
        }
        guard isBeforeNoun(index) else { return .gerund }
        let isModifier = WordLists.doings.contains(words[index].text) || isCollocation(index) || !hasSubject
        let follows = words[..<index].last { $0.tag == .gerund || $0.tag == .verb }?.tag == .gerund
        return isModifier || (isConjunction && !follows) ? gerundModifier(index) : .gerund
    }

    /// A noun and an adverb came before: "a plane slowly lands", "two people outside watching".
    private func tagAfterAdverb(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) { return .gerund }
        if !readings.forms.isDisjoint(with: [.third, .base]), readings.noun == nil || !hasFiniteVerb { return .verb }
        if readings.forms.contains(.past) { return isBeforePhrase(index) && !hasFiniteVerb ? .verb : .participle }
        return nounFirst(index)
    }

    /// After a preposition, a mark, or nothing.
    func tagAtStart(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) {
            if isBeforePhrase(index) { return .gerund }
            if isBeforeNoun(index) { return gerundModifier(index) }
            return readings.noun != nil ? .noun : .gerund
        }
        if readings.isAdverb,
            next(index).map({ $0.isOpen && $0.readings.isAdjective && $0.readings.noun == nil }) ?? false,
            !isBeforeNoun(index)
        {
            return .adverb
        }
        if readings.forms.contains(.past), isBeforePhrase(index), readings.noun == nil || words[index].text == "found" {
            return .participle
        }
        return nounFirst(index)
    }

    /// Noun phrases are likelier than anything else; verbs come last.
    func nounFirst(_ index: Int) -> Tag {
        var open = self
        open.phrase = .open
        return open.openTag(index)
    }
}
