/// What a phrase with a preposition belongs to (rules R2 to R6).
extension Clauses {
    mutating func attach(_ preposition: Wording, _ objects: [Int], mention index: Int) {
        guard !objects.isEmpty else { return nearest = [] }
        let isReciprocal = mentions[index].lemma == "each other" || mentions[index].lemma == "one another"
        let isPronoun = mentions[index].kind == .pronoun
        guard let target = target(preposition.text, objects, isPronoun: isPronoun, mention: index) else { return }
        if frames[top].verb?.isNegated ?? false {
            for object in objects where !mentions[object].isDefinite { isDropped[object] = true }
            for object in objects { slots[object] = slots[object] ?? .object(top) }
            resetNearest = true
            return
        }
        if !isReciprocal, preposition.text != "of" { count(target, preposition.text) }
        attachments.append(
            Attachment(
                target: target, preposition: preposition, objects: objects, frame: top, isReciprocal: isReciprocal))
        if isReciprocal { resetNearest = true }
        guard !isPronoun else { return }
        for object in objects where canonical[index] == index { slots[object] = .attached(attachments.count - 1) }
    }

    private mutating func count(_ target: Attachment.Target, _ preposition: String) {
        switch target {
        case .mentions(let targets): for target in targets { hasPhrase[target] = true }
        case .subjects(let frame):
            if isPlace(preposition) { frames[frame].places += 1 }
        case .verb(let frame), .objects(let frame):
            if isPlace(preposition) { frames[frame].places += 1 }
        }
    }

    private func isPlace(_ preposition: String) -> Bool {
        !["with", "for", "by", "to", "about", "of", "as", "like"].contains(preposition)
    }

    private func target(_ preposition: String, _ objects: [Int], isPronoun: Bool, mention: Int) -> Attachment.Target? {
        let frame = frames[top]
        guard let verb = frame.verb else { return targetWithoutVerb(preposition, objects, isPronoun: isPronoun) }
        let describes = preposition == "of" || preposition == "full of" || preposition.hasSuffix(" than")
        if describes, !nearest.isEmpty { return .mentions(nearest.suffix(1)) }
        if preposition == "by", verb.isPassive, isAgent(objects, verb) { return .verb(top) }
        if verb.isCopula { return nearest.isEmpty || frame.places == 0 ? .subjects(top) : .mentions(nearest) }
        if nearest.isEmpty { return directTarget(preposition, objects, mention) }
        if !frame.objects.isEmpty, nearest == frame.objects || nearest.last == frame.objects.last {
            return targetAfterObject(preposition, objects, verb, mention)
        }
        return targetAfterPhrase(preposition, objects, mention)
    }

    private func isAgent(_ objects: [Int], _ verb: VerbGroup) -> Bool {
        let placed: Set<String> = ["park", "stand", "seat", "place", "set", "lay", "tie", "build", "put"]
        return objects.contains { mentions[$0].isAnimate } || !placed.contains(verb.lemma)
    }

    // MARK: - After a verb

    /// Nothing stands between verb and phrase.
    private func directTarget(_ preposition: String, _ objects: [Int], _ mention: Int) -> Attachment.Target {
        if preposition == "with" || preposition == "in", isHeld(objects, mention, preposition) { return .subjects(top) }
        return .verb(top)
    }

    /// Worn, or a part of the body.
    private func isHeld(_ objects: [Int], _ mention: Int, _ preposition: String) -> Bool {
        objects.contains { isWorn($0) || (mentions[$0].isBodyPart && preposition == "with") }
    }

    func isWorn(_ mention: Int) -> Bool {
        let own = mentions[mention]
        return WordLists.worn.contains(own.head) || SemanticClass.clothing.contains(own.sense, lexicon)
    }

    private func targetAfterPhrase(_ preposition: String, _ objects: [Int], _ mention: Int) -> Attachment.Target {
        let frame = frames[top]
        let isTheirs = ["his", "her", "their", "my", "our"].contains(mentions[mention].opener)
        switch preposition {
        case "with":
            if mentions[mention].opener == "its" { return .mentions(nearest) }
            if objects.contains(where: { mentions[$0].isAnimate }),
                frame.subjects.contains(where: { mentions[$0].isAnimate })
            {
                return .verb(top)
            }
            if isTheirs || isHeld(objects, mention, preposition), !nearest.contains(where: { mentions[$0].isAnimate }) {
                return .subjects(top)
            }
            return hasTool(frame) ? .verb(top) : .mentions(nearest)
        case "for", "about", "to": return .verb(top)
        case "in" where isHeld(objects, mention, preposition): return .mentions(nearest)
        default:
            if objects.contains(where: { mentions[$0].isBodyPart }), isTheirs,
                !nearest.contains(where: { mentions[$0].isAnimate })
            {
                return frame.objects.isEmpty ? .mentions(nearest) : .objects(top)
            }
            if WordLists.directions.contains(preposition) { return motionTarget() }
            if isAgentNearest() || frame.places > 0 { return .mentions(placed(preposition, objects)) }
            return frame.objects.isEmpty ? .verb(top) : .subjects(top)
        }
    }

    /// "slides a pizza topped with olives into an oven": what moves is the object of the clause outside.
    private func motionTarget() -> Attachment.Target {
        guard frames[top].objects.isEmpty else { return .objects(top) }
        guard frames[top].kind == .participle, frames[top].verb?.isPassive ?? false, stack.count > 1 else {
            return .verb(top)
        }
        let outside = stack[stack.count - 2]
        return frames[outside].objects.isEmpty ? .verb(top) : .objects(outside)
    }

    /// What a further phrase of place belongs to.
    private func placed(_ preposition: String, _ objects: [Int]) -> [Int] {
        guard let last = nearest.last, isAttached(last, by: "of"), let above = above(last),
            case .attached(let index)? = slots[last]
        else { return nearest }
        return targetAfterOf(preposition, objects, last, above, group(above, attachments[index]))
    }

    private func hasTool(_ frame: Frame) -> Bool {
        guard let verb = frame.verb?.lemma else { return false }
        return ["eat", "cut", "paint", "draw", "write", "dig", "hit", "clean", "fill", "cover", "build", "carve"]
            .contains(verb)
    }

    /// The nearest thing does what a passive verb says.
    private func isAgentNearest() -> Bool {
        guard let last = nearest.last, case .attached(let index)? = slots[last] else { return false }
        return attachments[index].preposition.text == "by"
    }

    private func targetAfterObject(
        _ preposition: String, _ objects: [Int], _ verb: VerbGroup, _ mention: Int
    ) -> Attachment.Target {
        let isActor =
            frames[top].subjects.isEmpty
            || frames[top].subjects.contains { mentions[$0].isAnimate || mentions[$0].file == 14 }
        let last = Attachment.Target.mentions(
            frames[top].objects.count > 1 && openList != nil ? nearest.suffix(1) : frames[top].objects)
        switch preposition {
        case "with":
            if isHeld(objects, mention, preposition),
                mentions[mention].opener == "his" || mentions[mention].opener == "her"
            {
                return mentions[mention].isBodyPart ? .verb(top) : .subjects(top)
            }
            let hasOnly: Set<String> = [
                "hold", "carry", "have", "wear", "show", "see", "feature", "eat", "watch", "ride", "drive", "contain",
            ]
            return hasOnly.contains(verb.lemma) || !isActor || frames[top].subjects.isEmpty ? last : .verb(top)
        case "for": return isActor && verb.lemma != "have" ? .verb(top) : last
        case "to": return objects.contains { mentions[$0].isAnimate } ? .verb(top) : last
        case "about", "like", "as": return last
        case "at": return WordLists.placings.contains(verb.lemma) ? last : .subjects(top)
        case "from": return WordLists.perceptionsOfPlace.contains(verb.lemma) ? .subjects(top) : last
        default: break
        }
        if frames[top].subjects.isEmpty || !isActor || verb.lemma == "have" || verb.lemma == "wear" { return last }
        if WordLists.perceptionsOfPlace.contains(verb.lemma) { return .subjects(top) }
        if WordLists.paths.contains(preposition) || preposition.hasPrefix("from ") || preposition.hasPrefix("along ") {
            return last
        }
        if objects.contains(where: { mentions[$0].isBodyPart || isWorn($0) }) { return last }
        if preposition == "in", WordLists.movings.contains(verb.lemma),
            frames[top].objects.contains(where: { mentions[$0].isAnimate })
        {
            return last
        }
        if WordLists.placings.contains(verb.lemma) { return last }
        return .subjects(top)
    }

    // MARK: - Without a verb

    private func targetWithoutVerb(_ preposition: String, _ objects: [Int], isPronoun: Bool) -> Attachment.Target {
        guard let last = nearest.last else { return .subjects(top) }
        if preposition == "of" { return .mentions([last]) }
        if isPronoun, let owner = chain().first(where: { isAttached($0, by: "with") }) { return .mentions([owner]) }
        guard case .attached(let index)? = slots[last] else { return .mentions(nearest) }
        let link = attachments[index].preposition.text
        guard let above = above(last), attachments[index].frame == top else { return .mentions(nearest) }
        let group = group(above, attachments[index])
        let isTheirs = objects.contains {
            ["its", "his", "her", "their"].contains(mentions[$0].opener) && mentions[$0].isBodyPart
                || mentions[$0].opener == "its" || mentions[$0].opener == "their"
        }
        switch link {
        case "of": return .mentions(targetAfterOf(preposition, objects, last, above, group))
        case "with":
            if isPronoun || isTheirs || objects.contains(where: { mentions[$0].isBodyPart }) || !isPlace(preposition) {
                return .mentions(preposition == "with" ? group : nearest)
            }
            return .mentions(group)
        default:
            guard preposition == "with" || preposition == "for" else { return .mentions(nearest) }
            let isThing =
                mentions[above].isAnimate || (mentions[last].isName && !mentions[above].isName)
                || mentions[above].head == "couple"
            return .mentions(isThing || isHeldAt(above, objects) ? group : nearest)
        }
    }

    private func isAttached(_ mention: Int, by preposition: String) -> Bool {
        guard case .attached(let index)? = slots[mention] else { return false }
        return attachments[index].preposition.text == preposition
    }

    private func isHeldAt(_ above: Int, _ objects: [Int]) -> Bool {
        objects.contains { isWorn($0) } && mentions[above].isAnimate
    }

    /// Everything the phrase before belongs to.
    private func group(_ above: Int, _ attachment: Attachment) -> [Int] {
        guard case .mentions(let targets) = attachment.target else { return [above] }
        // "scissors and a roll of tape on a desk": all of them are on the desk.
        guard targets.count == 1, attachment.preposition.text == "of", openList == nil,
            case .subject(let frame)? = slots[above],
            frames[frame].verb == nil
        else { return targets }
        return frames[frame].subjects.filter { !hasPhrase[$0] }
    }

    private func targetAfterOf(
        _ preposition: String, _ objects: [Int], _ last: Int, _ above: Int, _ group: [Int]
    ) -> [Int] {
        let isHolder = WordLists.holders.contains(mentions[above].head)
        if preposition == "with" {
            return isHolder && mentions[above].head != "slice" && mentions[above].head != "piece" ? [above] : nearest
        }
        if isHolder { return group }
        if mentions[last].isName || objects.contains(where: { mentions[$0].isName })
            || SemanticClass.place.contains(mentions[last].sense, lexicon)
        {
            return nearest
        }
        return group
    }
}
