/// Who does what a verb says.
extension Clauses {
    mutating func take(verb group: VerbGroup) {
        closePending(before: group)
        defer {
            isDenied = false
            isAfterSubordinator = false
        }
        var group = group
        if isDenied || WordLists.weather.contains(group.lemma) && isImpersonal() { group.isNegated = true }
        switch group.form {
        case .finite: takeFinite(group)
        case .gerund, .participle: takeParticiple(group)
        case .infinitive: takeInfinitive(group)
        }
        nearest = []
    }

    /// "it rained": the last thing said is a pronoun.
    private func isImpersonal() -> Bool {
        guard cursor > 0, case .mention(let index) = items[cursor - 1] else { return false }
        return mentions[index].lemma == "it"
    }

    /// "the woman the children are waving to is driving": the preposition's object is the gap.
    private mutating func closePending(before group: VerbGroup) {
        if group.form == .gerund { pending = nil } else { closePending() }
    }

    private mutating func takeFinite(_ group: VerbGroup) {
        if afterConjunction, let model = coordinated(with: group) { return coordinate(group, model) }
        if isComplement(group) { return complement(group) }
        if let waiting = waitingFrame() {
            pop(to: waiting)
            let isInverted =
                frames[waiting].subjects.isEmpty && !frames[waiting].hasBystander
                && attachments.contains { if case .subjects(waiting) = $0.target { true } else { false } }
            frames[waiting].isInverted = isInverted
            frames[waiting].verb = group
            frames[waiting].isAboutSubject = false
            return
        }
        var frame = Frame(subjects: nearest.isEmpty ? frames[top].subjects : nearest)
        frame.verb = group
        push(frame)
    }

    /// The innermost open clause that has a subject and no verb.
    private func waitingFrame() -> Int? {
        stack.last { frames[$0].verb == nil && (!frames[$0].subjects.isEmpty || frames[$0].hasBystander) }
            ?? stack.last { frames[$0].verb == nil }
    }

    /// "watches her son ride a bike": a base form after the object.
    private func isComplement(_ group: VerbGroup) -> Bool {
        guard group.isBase || group.form == .gerund, let verb = frames[top].verb, !nearest.isEmpty else { return false }
        return WordLists.perceptions.contains(verb.lemma) && !frames[top].objects.isEmpty
            && (verb.lemma != "have" || group.isBase)
    }

    private mutating func complement(_ group: VerbGroup) {
        push(Frame(kind: .participle, subjects: frames[top].objects, verb: group))
    }

    // MARK: - Coordination

    /// The verb before a conjunction that has the same form.
    private func coordinated(with group: VerbGroup) -> Int? {
        let open = stack.reversed().filter { frames[$0].verb != nil }
        let same = open.first { index in
            guard let verb = frames[index].verb else { return false }
            return !verb.agreement.isDisjoint(with: group.agreement) && !verb.isCopula
        }
        if group.form == .gerund { return same }
        // A noun between conjunction and verb would have begun a clause of its own.
        return same ?? open.first { frames[$0].verb?.form == .finite } ?? open.first
    }

    private mutating func coordinate(_ group: VerbGroup, _ model: Int) {
        pop(to: model)
        var frame = Frame(kind: frames[model].kind, subjects: frames[model].subjects)
        frame.hasBystander = frames[model].hasBystander
        frame.verb = group
        frames.append(frame)
        stack[stack.count - 1] = frames.count - 1
    }

    // MARK: - Participles

    private mutating func takeParticiple(_ group: VerbGroup) {
        if afterConjunction, let model = coordinated(with: group), group.form == .gerund {
            return coordinate(group, model)
        }
        if group.form == .gerund, isComplement(group) { return complement(group) }
        if group.form == .gerund, nearest.isEmpty, !afterComma, frames[top].verb != nil, isAlone() {
            for subject in frames[top].subjects {
                adjectives.append((subject, Wording(text: group.predicate, range: group.ranges[0])))
            }
            return
        }
        let subjects = participleSubjects(group)
        if afterComma, let clause = stack.last(where: { frames[$0].kind == .clause }) { pop(to: clause) }
        var frame = Frame(kind: .participle, subjects: subjects)
        frame.hasBystander = subjects.isEmpty
        frame.isSilent = group.isPassive && (afterComma || subjects.isEmpty) && WordLists.takings.contains(group.text)
        frame.verb = group
        push(frame)
    }

    /// No object follows: "runs laughing through a sprinkler".
    private func isAlone() -> Bool {
        guard cursor + 1 < items.count else { return true }
        if case .mention = items[cursor + 1] { return false }
        return true
    }

    private func participleSubjects(_ group: VerbGroup) -> [Int] {
        if isAfterSubordinator {
            return frames[max(top - 1, 0)].subjects.isEmpty ? outermostSubjects() : frames[max(top - 1, 0)].subjects
        }
        if afterComma {
            let clause = stack.last { frames[$0].kind == .clause } ?? top
            return frames[clause].subjects.isEmpty ? nearest : frames[clause].subjects
        }
        guard !nearest.isEmpty else { return frames[top].subjects }
        guard group.form == .gerund, !nearest.contains(where: { canAct($0) }) else { return nearest }
        // "a man on a bench reading a book": benches don't read.
        if needsActor(group), let actor = frames[top].subjects.last(where: { mentions[$0].isAnimate }) {
            return frames[top].subjects.count > 1 ? frames[top].subjects : [actor]
        }
        return nearest
    }

    private func outermostSubjects() -> [Int] {
        frames.last { !$0.subjects.isEmpty && $0.kind == .clause }?.subjects ?? []
    }

    private func canAct(_ mention: Int) -> Bool { mentions[mention].isAnimate }

    /// Things hang, lie and stand by themselves.
    private func needsActor(_ group: VerbGroup) -> Bool {
        let still: Set<String> = [
            "hang", "lie", "stand", "lean", "overlap", "rise", "fall", "flow", "surround", "cover", "point", "drip",
            "float", "contain",
            "show", "lead", "stick", "come", "burn", "shine", "face", "overlook", "grow", "fly", "read", "display",
            "melt",
        ]
        return !still.contains(group.lemma)
    }

    // MARK: - Infinitives

    private mutating func takeInfinitive(_ group: VerbGroup) {
        var subjects = frames[top].subjects
        if let last = attachments.last, last.preposition.text == "for", last.objects == nearest, !nearest.isEmpty {
            subjects = nearest
        }
        push(Frame(kind: .participle, subjects: subjects, hasBystander: subjects.isEmpty, verb: group))
    }
}
