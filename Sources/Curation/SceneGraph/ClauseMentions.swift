/// What a noun phrase is in its clause.
extension Clauses {
    mutating func take(mention index: Int) {
        let mention = mentions[index]
        if isDenied || mention.isNegated { return takeDenied(index) }
        let targets = referents(index)
        if let preposition = pending {
            pending = nil
            attach(preposition, targets, mention: index)
        } else if afterConjunction || afterComma {
            if !takeAside(index), !beginsClause(index, targets) { coordinate(index, targets) }
        } else {
            place(index, targets)
        }
        own(index)
        if resetNearest {
            (nearest, resetNearest) = ([], false)
            return
        }
        if isDropped[index], mention.kind == .thing, canonical[index] == index { return }
        guard mention.kind == .thing || !targets.isEmpty else { return }
        // Coordination has put the thing beside others that share the next phrase.
        let isWidened = (afterConjunction || afterComma) && nearest.contains(index)
        if !isWidened { nearest = targets }
    }

    /// The things a mention stands for: itself, what a pronoun points at, nothing for bystanders.
    private mutating func referents(_ index: Int) -> [Int] {
        switch mentions[index].kind {
        case .bystander, .elliptical: return []
        case .pronoun: return resolve(index)
        case .thing:
            if let earlier = earlierMention(of: index) {
                canonical[index] = earlier
                isDropped[index] = true
                return [earlier]
            }
            return [index]
        }
    }

    /// "a ball and a box on the ball": the second ball is the first.
    private func earlierMention(of index: Int) -> Int? {
        let own = mentions[index]
        guard own.isDefinite, own.determiner == .article, !own.isName else { return nil }
        return mentions.indices.prefix(index).last { other in
            mentions[other].lemma == own.lemma && !isDropped[other] && mentions[other].determiner != .possessor
                && own.attributes.allSatisfy { wording in
                    mentions[other].attributes.contains { $0.text == wording.text }
                }
        }
    }

    /// What is said not to be there falls; a definite thing stays, without relations (R12).
    private mutating func takeDenied(_ index: Int) {
        let isAttached = pending != nil
        pending = nil
        if mentions[index].kind == .bystander, !isAttached, clauseFollows() {
            beginClause(isSubordinate: false)
            frames[top].hasBystander = true
            return
        }
        if !isAttached, frames[top].objects.isEmpty { frames[top].verb?.isNegated = true }
        isDenied = false
        if !(isAttached && mentions[index].isDefinite && !mentions[index].isNegated) || mentions[index].kind != .thing {
            isDropped[index] = true
        }
        nearest = []
    }

    /// Relations of possession.
    private mutating func own(_ index: Int) {
        guard !owners.isEmpty, mentions[index].kind == .thing, let range = ownerRange else { return }
        for owner in owners where mentions[index].owner == nil {
            mentions[index].owner = owner
            mentions[index].ownerRange = range
        }
        owners = []
    }

    // MARK: - Without a preposition

    private mutating func place(_ index: Int, _ targets: [Int]) {
        let isBystander = targets.isEmpty
        if frames[top].isAboutSubject {
            // "the horse that the girl rides"
            frames[top].gap = frames[top].subjects
            frames[top].isAboutSubject = false
            setSubjects(targets, isBystander)
        } else if frames[top].verb == nil {
            if frames[top].subjects.isEmpty, !frames[top].hasBystander {
                setSubjects(targets, isBystander)
            } else if !nearest.isEmpty, verbFollows() {
                // "the fish he caught"
                push(Frame(kind: .relative, gap: nearest.suffix(1)))
                setSubjects(targets, isBystander)
            } else if frames[top].subjects.isEmpty {
                setSubjects(targets, isBystander)
            }
        } else if frames[top].isInverted, frames[top].subjects.isEmpty {
            invert(targets)
        } else {
            setObjects(targets)
        }
    }

    private mutating func setSubjects(_ targets: [Int], _ isBystander: Bool) {
        frames[top].subjects = targets
        frames[top].hasBystander = isBystander
        for target in targets { slots[target] = slots[target] ?? .subject(top) }
    }

    private mutating func invert(_ targets: [Int]) {
        frames[top].subjects = targets
        for place in attachments.indices {
            if case .subjects(top) = attachments[place].target { attachments[place].target = .verb(top) }
        }
        for target in targets { slots[target] = .subject(top) }
    }

    private mutating func setObjects(_ targets: [Int]) {
        guard let verb = frames[top].verb, !targets.isEmpty else { return }
        if !frames[top].objects.isEmpty {
            guard WordLists.transfers.contains(verb.lemma), frames[top].receivers.isEmpty else { return }
            frames[top].receivers = frames[top].objects
        }
        frames[top].objects = targets
        for target in targets { slots[target] = slots[target] ?? .object(top) }
    }

    /// A finite verb comes right after this noun phrase.
    private func verbFollows() -> Bool {
        guard cursor + 1 < items.count, case .verb(let group) = items[cursor + 1] else { return false }
        return group.form == .finite
    }

    // MARK: - After a comma or conjunction

    /// "brown leather", "his mouth open", "Portugal": no members of a list.
    private mutating func takeAside(_ index: Int) -> Bool {
        let mention = mentions[index]
        guard afterComma, !afterConjunction else { return false }
        if takeMaterial(index) { return true }
        let isLast = !hasConjunctionAhead()
        switch mention.determiner {
        case .possessor: return mention.owner == nil && (isDescribed() || (frames[top].verb != nil && isLast))
        case .none: return isDescribed() || (mention.isName && isLast)
        default: return mention.isName && isLast
        }
    }

    /// "a boot, brown leather": what the thing before is made of.
    private mutating func takeMaterial(_ index: Int) -> Bool {
        let mention = mentions[index]
        guard mention.kind == .thing, mention.determiner == .none, !mention.isPlural, frames[top].verb == nil,
            WordLists.materials.contains(mention.lemma) || WordLists.colours.contains(mention.lemma),
            let root = frames[stack[0]].subjects.last
        else { return false }
        for wording in mention.attributes + [Wording(text: mention.lemma, range: mention.range)] {
            adjectives.append((root, wording))
        }
        mentions[index].attributes = []
        isDropped[index] = true
        nearest = [root]
        return true
    }

    /// An adjective or participle without auxiliary follows.
    private func isDescribed() -> Bool {
        guard cursor + 1 < items.count else { return false }
        switch items[cursor + 1] {
        case .adjectives: return true
        case .verb(let group): return group.form == .participle && cursor + 2 >= items.count
        default: return false
        }
    }

    private func hasConjunctionAhead() -> Bool {
        for item in items[(cursor + 1)...] {
            switch item {
            case .conjunction: return true
            case .verb, .stop: return false
            default: continue
            }
        }
        return false
    }

    /// A new clause: its verb follows, and the clause before has one.
    private mutating func beginsClause(_ index: Int, _ targets: [Int]) -> Bool {
        let clause = stack[0]
        if frames[clause].subjects.isEmpty, !frames[clause].hasBystander, frames[clause].verb == nil {
            pop(to: clause)
            setSubjects(targets, targets.isEmpty)
            return true
        }
        guard stack.contains(where: { frames[$0].verb?.form == .finite || frames[$0].verb?.isCopula ?? false }),
            clauseFollows()
        else { return false }
        let wasConjunction = afterConjunction
        beginClause(isSubordinate: false)
        afterConjunction = wasConjunction
        setSubjects(targets, targets.isEmpty)
        return true
    }

    /// Whether a finite verb comes before the next mark, over phrases and further conjuncts.
    private func clauseFollows() -> Bool {
        var needsMention = false
        for item in items[(cursor + 1)...] {
            switch item {
            case .verb(let group):
                if group.form == .finite { return !needsMention }
                needsMention = false
            case .preposition, .conjunction: needsMention = true
            case .mention: needsMention = false
            case .adjectives, .negation: continue
            case .comma, .stop, .relative, .subordinator: return false
            }
        }
        return false
    }
}
