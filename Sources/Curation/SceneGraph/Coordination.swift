/// Which thing said before a noun phrase after a comma or conjunction stands beside.
extension Clauses {
    mutating func coordinate(_ index: Int, _ targets: [Int]) {
        guard let partner = partner(of: index), let slot = slots[partner] else { return place(loose: index, targets) }
        let widened = widened(partner, slot)
        join(targets, slot)
        if afterComma || openList != nil { openList = partner }
        spreadAdjectives(from: partner, to: index)
        var isObjectList = false
        if case .object = slot, openList != nil { isObjectList = true }
        nearest = isObjectList ? targets : widened + targets
    }

    /// Those of the partner's fellows that have no phrase of their own: the next phrase goes to them too.
    private func widened(_ partner: Int, _ slot: Slot) -> [Int] {
        guard !hasPhrase[partner] else { return [] }
        if nearest.last == partner { return nearest }
        guard case .subject(let frame) = slot, frames[frame].verb == nil else { return [] }
        return frames[frame].subjects.filter { !hasPhrase[$0] }
    }

    private mutating func place(loose index: Int, _ targets: [Int]) {
        if frames[top].verb == nil {
            frames[top].subjects += targets
        } else if frames[top].objects.isEmpty, frames[top].verb?.isCopula == false {
            frames[top].objects = targets
        }
        for target in targets { slots[target] = frames[top].verb == nil ? .subject(top) : .object(top) }
        nearest = targets
    }

    private mutating func join(_ targets: [Int], _ slot: Slot) {
        switch slot {
        case .subject(let frame):
            frames[frame].subjects += targets
            pop(to: frame)
        case .object(let frame):
            frames[frame].objects += targets
            pop(to: frame)
        case .attached(let attachment):
            attachments[attachment].objects += targets
            pop(to: attachments[attachment].frame)
        }
        for target in targets { slots[target] = slot }
    }

    /// The nearest thing up the chain that is introduced alike.
    private func partner(of index: Int) -> Int? {
        let chain = chain()
        if let openList, chain.contains(openList) || chain.contains(where: { isSameSlot($0, openList) }) {
            return chain.first { isSameSlot($0, openList) } ?? openList
        }
        let candidates = chain.filter { !isParallel(index, $0) }
        if let first = candidates.first, afterComma, isListed(first) { return first }
        let alike = candidates.filter { isIntroducedAlike(index, $0) }
        return alike.first { mentions[$0].isPerson == mentions[index].isPerson } ?? alike.first
            ?? (afterComma ? candidates.last : candidates.first) ?? chain.first
    }

    /// "with" begins lists whose members are introduced in any way.
    private func isListed(_ mention: Int) -> Bool {
        guard case .attached(let place)? = slots[mention], attachments[place].preposition.text == "with" else {
            return false
        }
        if case .mentions = attachments[place].target { return true }
        return false
    }

    private func isSameSlot(_ a: Int, _ b: Int) -> Bool {
        switch (slots[a], slots[b]) {
        case (.subject(let x), .subject(let y)), (.object(let x), .object(let y)), (.attached(let x), .attached(let y)):
            x == y
        default: false
        }
    }

    /// From the nearest thing up what it belongs to, as long as no verb of the clause is crossed.
    func chain() -> [Int] {
        var chain: [Int] = []
        var current = nearest.last
        while let mention = current, !chain.contains(mention), chain.count < 16 {
            chain.append(mention)
            current = above(mention)
        }
        return chain
    }

    func above(_ mention: Int) -> Int? {
        switch slots[mention] {
        case .attached(let index): return above(attachments[index])
        case .object(let frame): return frames[frame].kind == .clause ? nil : frames[frame].subjects.last
        case .subject(let frame) where frames[frame].kind != .clause: return frames[frame].gap.last
        default: return nil
        }
    }

    private func above(_ attachment: Attachment) -> Int? {
        switch attachment.target {
        case .mentions(let targets): return targets.last
        case .objects(let frame): return frames[frame].objects.last
        case .subjects(let frame), .verb(let frame):
            if let object = frames[frame].objects.last { return object }
            guard frames[frame].kind != .clause || frames[frame].verb == nil || frames[frame].verb?.form != .finite
            else { return nil }
            return frames[frame].subjects.last
        }
    }

    private func isIntroducedAlike(_ a: Int, _ b: Int) -> Bool {
        mentions[a].determiner == .possessor || mentions[b].determiner == .possessor
            || (mentions[a].determiner == .none) == (mentions[b].determiner == .none)
    }

    /// "a box on the floor and a ball on the box": the same preposition follows, so both stand a level higher.
    private func isParallel(_ index: Int, _ candidate: Int) -> Bool {
        guard case .attached(let place)? = slots[candidate], cursor + 1 < items.count else { return false }
        guard case .preposition(let wording) = items[cursor + 1] else { return false }
        return wording.text == attachments[place].preposition.text && wording.text != "of"
    }

    /// Plants and food are one kind here.
    private static func grown(_ file: UInt8) -> UInt8 { file == 20 ? 13 : file }

    /// "fresh strawberries and blueberries" (A2)
    private mutating func spreadAdjectives(from partner: Int, to index: Int) {
        let (source, target) = (mentions[partner], mentions[index])
        guard afterConjunction, !hasPhrase[partner], target.attributes.isEmpty, target.determiner == .none,
            source.determiner == .none, source.isPlural == target.isPlural,
            Self.grown(source.file) == Self.grown(target.file),
            source.file != 18, target.owner == nil
        else { return }
        for wording in source.attributes where wording.range.upperBound <= source.range.lowerBound {
            adjectives.append((index, wording))
        }
    }
}
