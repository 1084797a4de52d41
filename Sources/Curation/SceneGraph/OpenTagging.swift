/// Words of open classes: noun, verb, adjective, adverb.
extension Tagger {
    func openTag(_ index: Int) -> Tag {
        let readings = words[index].readings
        guard readings.isKnown else { return unknownTag(index) }
        switch phrase {
        case .open: return tagInPhrase(index)
        case .afterNoun: return tagAfterNoun(index)
        case .outside: return tagOutside(index)
        }
    }

    /// What the lexicon doesn't know: words with hyphens before nouns are adjectives, the rest follows its ending.
    private func unknownTag(_ index: Int) -> Tag {
        let text = words[index].text
        if text.contains("-") {
            if isBeforeNoun(index) || text.hasSuffix("ed") || text.hasSuffix("style") || text.hasSuffix("shaped") {
                return .adjective
            }
            if phrase != .open { return .adjective }
        }
        if text.hasSuffix("ly") { return .adverb }
        if isBeforeNoun(index), text.hasSuffix("ed") || text.hasSuffix("ish") || text.hasSuffix("y") {
            return .adjective
        }
        return .noun
    }

    // MARK: - After an article, number or adjective

    private func tagInPhrase(_ index: Int) -> Tag {
        let word = words[index]
        let readings = word.readings
        if isKindName(index) { return .noun }
        if isColourOfLeftOutNoun(index) { return .adjective }
        if isBeforeNoun(index), word.text.contains("-"), !isCollocation(index) { return .adjective }
        if WordLists.positions.contains(word.text), let tag = positionTag(index) { return tag }
        if readings.noun != nil || readings.forms.contains(.gerund), !WordLists.colours.contains(word.text),
            isCollocation(index),
            readings.adjectiveFrequency <= 2 * readings.nounFrequency + 2
        {
            return .noun
        }
        if isBeforeNoun(index), !isSubject(index) {
            if readings.forms.contains(.gerund) { return gerundModifier(index) }
            if readings.isAdjective, prefersAdjective(index) { return .adjective }
            if readings.forms.contains(.past), readings.noun == nil { return .adjective }
            if isBeforeBareAdjective(index) { return .adjective }
            if readings.noun != nil { return .noun }
            if readings.isAdverb, !readings.isAdjective { return .adverb }
            return readings.isAdjective ? .adjective : .verb
        }
        if readings.isAdverb, isBeforeAdjective(index), readings.noun == nil || word.text.hasSuffix("ly") {
            return .adverb
        }
        if readings.isAdjective, next(index)?.closed == .conjunction, isAdjectiveAcross(index) { return .adjective }
        if readings.isAdjective, next(index)?.closed == .comma, isAdjectiveAcross(index) { return .adjective }
        if readings.isAdjective, previous(index)?.tag == .adverb, previous(index, 2)?.tag == .be { return .adjective }
        if readings.noun != nil { return .noun }
        if readings.isAdjective { return .adjective }
        if readings.forms.contains(.gerund) { return .gerund }
        if readings.forms.contains(.past) { return .participle }
        return readings.forms.isEmpty ? .adverb : .verb
    }

    /// "vintage wooden chest": a thing's noun before an adjective qualifies.
    private func isBeforeBareAdjective(_ index: Int) -> Bool {
        let own = words[index].readings
        guard let word = next(index), word.isOpen, word.readings.isAdjective, word.readings.noun == nil, !own.isPlural
        else { return false }
        return own.nounFile != 18 && own.nounFile != 5 && own.nounFile != 8 && word.readings.forms.isEmpty
    }

    /// The next word is the verb of this noun: "a dog leaps", "a boy fly a kite".
    private func isSubject(_ index: Int) -> Bool {
        guard words[index].readings.noun != nil, let word = next(index), word.isOpen, !word.readings.forms.isEmpty
        else {
            return false
        }
        if word.readings.forms.contains(.gerund) {
            return words[index].readings.nounFrequency >= words[index].readings.adjectiveFrequency
                && (isBeforePhrase(index + 1) || next(index + 1)?.closed == .preposition)
        }
        guard
            !words[index].readings.isAdjective
                || words[index].readings.nounFrequency > words[index].readings.adjectiveFrequency
        else { return false }
        return isVerbAfterNoun(index + 1, plural: words[index].readings.isPlural, noun: words[index].readings)
    }

    /// "the back row", "on the left"; a "top hat" is one thing.
    private func positionTag(_ index: Int) -> Tag? {
        let isSide = words[index].text == "left" || words[index].text == "right"
        guard isBeforeNoun(index) else { return isSide ? .noun : nil }
        if isSide {
            let noun = next(index)?.readings.noun ?? ""
            let isPlace = previous(index, 2).map { $0.text == "on" || $0.text == "to" } ?? false
            return isPlace && !["side", "hand", "corner", "edge", "foot", "end", "arm", "leg"].contains(noun)
                ? .noun : .adjective
        }
        return isCollocation(index) ? .noun : .adjective
    }

    private func prefersAdjective(_ index: Int) -> Bool {
        let word = words[index]
        if WordLists.colours.contains(word.text) || WordLists.shades.contains(word.text) { return true }
        if WordLists.materials.contains(word.text) || WordLists.likenesses.contains(word.text) { return false }
        guard word.readings.noun != nil else { return true }
        // Persons, plants and food in front of a noun are nouns: "pedestrian street", "cherry tree".
        switch word.readings.nounFile {
        case 13, 18, 20: return word.readings.adjectiveFrequency > word.readings.nounFrequency
        default: break
        }
        return word.readings.adjectiveFrequency >= word.readings.nounFrequency
    }

    private func isKindName(_ index: Int) -> Bool {
        guard let heads = WordLists.kinds[words[index].text], let word = next(index) else { return false }
        return heads.contains(word.text) || (word.readings.noun.map(heads.contains) ?? false)
    }

    /// "one red and two blue squares"
    private func isColourOfLeftOutNoun(_ index: Int) -> Bool {
        guard WordLists.colours.contains(words[index].text), next(index)?.closed == .conjunction,
            previous(index)?.tag == .number,
            next(index, 2)?.closed == .number, let other = next(index, 3)
        else { return false }
        return other.readings.isAdjective
    }

    private func isBeforeAdjective(_ index: Int) -> Bool {
        next(index).map { $0.isOpen && ($0.readings.isAdjective || $0.readings.forms.contains(.past)) } ?? false
    }

    /// "black and white dogs", "large, red box": another adjective follows the conjunction, then a noun or the end.
    private func isAdjectiveAcross(_ index: Int) -> Bool {
        guard let word = next(index, 2), word.isOpen, word.readings.isAdjective else { return false }
        guard word.readings.noun == nil || WordLists.colours.contains(word.text) || isBeforeNoun(index + 2) else {
            return false
        }
        let own = words[index].readings
        return own.noun == nil || WordLists.colours.contains(words[index].text)
            || own.adjectiveFrequency > own.nounFrequency
    }

    /// "hiking boots" are for hiking, a "smiling sun" smiles (rules O3 and A5).
    func gerundModifier(_ index: Int) -> Tag {
        guard let head = headAfter(index) else { return .adjective }
        let text = words[index].text
        if WordLists.doings.contains(text) { return .adjective }
        // Animals, persons, parts of bodies, weather and plants do; artifacts and places serve.
        switch head.readings.nounFile {
        case 5, 8, 18, 19, 20: return .adjective
        default: return .noun
        }
    }

    private func headAfter(_ index: Int) -> CaptionWord? {
        var place = index + 1
        while place + 1 < words.count, words[place + 1].isOpen, words[place + 1].readings.noun != nil { place += 1 }
        return place < words.count ? words[place] : nil
    }
}
