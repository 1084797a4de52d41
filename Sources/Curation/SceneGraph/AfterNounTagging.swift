import Glibc

/// Open words right after a noun: another noun of the compound, its verb, or what is said of it.
extension Tagger {
    func tagAfterNoun(_ index: Int) -> Tag {
        let readings = words[index].readings
        if readings.forms.contains(.gerund) { return gerundAfterNoun(index) }
        if isPredicateAdjective(index) { return .adjective }
        if readings.forms.contains(.past), !readings.forms.contains(.base) {
            return pastAfterNoun(index)
        }
        if !readings.forms.isEmpty {
            let noun = previous(index)?.readings ?? Readings()
            if isVerbAfterNoun(index, plural: noun.isPlural, noun: noun) { return .verb }
        }
        if readings.noun != nil { return .noun }
        if readings.isAdjective { return .adjective }
        if readings.isAdverb { return .adverb }
        return readings.forms.contains(.past) ? .participle : .verb
    }

    private func gerundAfterNoun(_ index: Int) -> Tag {
        if previous(index)?.text.hasSuffix("ing") ?? false, isBeforeNoun(index) { return .noun }
        if isCollocation(index), !isBeforePhrase(index), let before = previous(index)?.readings, before.nounFile != 18,
            before.nounFile != 5
        {
            return .noun
        }
        return words[index].readings.noun != nil && isNounGerund(index) ? .noun : .gerund
    }

    /// "a park building", "the wedding": nouns that only look like forms of verbs.
    private func isNounGerund(_ index: Int) -> Bool {
        let readings = words[index].readings
        guard !isBeforePhrase(index), !isBeforeNoun(index) else { return false }
        let before = previous(index)?.readings
        guard let before, before.nounFile != 18, before.nounFile != 5 else { return false }
        return readings.nounFrequency * 3 > readings.verbFrequency && readings.nounFrequency > 3
    }

    /// "paints the fence white", "his mouth open".
    private func isPredicateAdjective(_ index: Int) -> Bool {
        let readings = words[index].readings
        guard readings.isAdjective, !isBeforeNoun(index), next(index)?.closed != .be else { return false }
        if WordLists.states.contains(words[index].text), !isBeforePhrase(index) { return true }
        if readings.noun == nil, readings.forms.isEmpty || readings.adjectiveFrequency > readings.verbFrequency {
            return true
        }
        if readings.forms.contains(.past) { return false }
        let before = previous(index)?.readings
        if before?.noun == nil { return false }
        return WordLists.colours.contains(words[index].text) && hasFiniteVerb
            || (readings.adjectiveFrequency > readings.nounFrequency
                && readings.adjectiveFrequency > readings.verbFrequency)
    }

    private func pastAfterNoun(_ index: Int) -> Tag {
        let word = words[index]
        if ClosedClasses.finitePasts.contains(word.text) { return .verb }
        if word.text == "found", word.readings.noun == nil { return .participle }
        if word.text == "left", !isBeforePhrase(index) { return .noun }
        if word.readings.noun != nil, word.readings.nounFrequency > word.readings.verbFrequency, !isBeforePhrase(index)
        {
            return .noun
        }
        return isBeforePhrase(index) && !hasFiniteVerb ? .verb : .participle
    }

    func isVerbAfterNoun(_ index: Int, plural: Bool, noun: Readings) -> Bool {
        let word = words[index]
        let readings = word.readings
        guard readings.noun != nil || readings.isAdjective else { return true }
        if readings.verb != nil, readings.verb == noun.noun, !plural { return true }
        if isCollocation(index - 1), !isBeforePhrase(index) { return false }
        if let before = previous(index)?.text, before == "left" || before == "right", previous(index)?.tag == .noun {
            return true
        }
        return verbScore(index, plural: plural, noun: noun) > 0
    }

    private func verbScore(_ index: Int, plural: Bool, noun: Readings) -> Double {
        let readings = words[index].readings
        var score = max(-3, min(3, log2(Double(readings.verbFrequency + 1) / Double(readings.nounFrequency + 1))))
        // "Behind the house stands a barn" is the one case of a verb after such a phrase.
        if isInPrepositionalPhrase, !hasSubject { score += isBeforePhrase(index) ? 4 : -6 }
        score += agreement(
            readings.forms, plural: isInPrepositionalPhrase && !awaitsBaseForm ? hasPluralSubject : plural)
        score += scoreOfFollowing(index)
        // Hardly a compound: "a plate of biscuits stands".
        if noun.isPlural, isInPrepositionalPhrase, hasSubject, readings.forms.contains(.third) { score += 6 }
        // Animals, persons, vehicles' kin act; times don't.
        switch noun.nounFile {
        case 5, 18, 14: score += 2
        case 27, 28: score -= 5
        default: break
        }
        switch readings.nounFile {
        case 5, 6, 8, 13, 18, 20: score -= 3
        default: break
        }
        if hasFiniteVerb, !awaitsBaseForm { score -= 4 }
        return score
    }

    private func agreement(_ forms: VerbForms, plural: Bool) -> Double {
        if forms.contains(.third) { return plural ? -6 : 1 }
        if plural { return 4 }
        if awaitsBaseForm { return 4 }
        return hasPluralSubject && !hasFiniteVerb ? 1 : -5
    }

    private func scoreOfFollowing(_ index: Int) -> Double {
        if isBeforePhrase(index) { return 5 }
        guard let following = next(index) else { return -3 }
        switch following.closed {
        case .preposition, .particle, .adverb, .subordinator, .infinitive: return 2
        case .be, .have, .modal: return -6
        case .conjunction, .comma: return -1
        case nil: return isVerbOnly(following) && !following.readings.forms.contains(.gerund) ? -4 : 0
        default: return 0
        }
    }
}
