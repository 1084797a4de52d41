/// Turns finished clauses into a scene graph.
struct SceneGraphBuilder {
    private let clauses: Clauses
    private var graph = SceneGraph()
    private var objectOfMention: [Int?]
    private var described: Set<SceneGraph.Attribute> = []
    private var related: Set<SceneGraph.Relation> = []

    static func graph(of clauses: Clauses) -> SceneGraph {
        var builder = SceneGraphBuilder(clauses)
        builder.build()
        return builder.graph
    }

    private init(_ clauses: Clauses) {
        self.clauses = clauses
        objectOfMention = Array(repeating: nil, count: clauses.mentions.count)
    }

    private mutating func build() {
        addObjects()
        addAttributes()
        for (index, frame) in clauses.frames.enumerated() { addVerb(frame, index) }
        for attachment in clauses.attachments { add(attachment) }
        addPossessions()
    }

    // MARK: - Objects and attributes

    private mutating func addObjects() {
        for (index, mention) in clauses.mentions.enumerated() where !clauses.isDropped[index] && mention.kind == .thing
        {
            objectOfMention[index] = graph.objects.count
            graph.objects.append(.init(lemma: mention.lemma, range: mention.range, isPlural: mention.isPlural))
        }
    }

    private mutating func addAttributes() {
        for (index, mention) in clauses.mentions.enumerated() where mention.kind == .thing {
            if clauses.canonical[index] != index { continue }
            for wording in mention.attributes { addAttribute(index, wording) }
        }
        for (mention, wording) in clauses.adjectives { addAttribute(mention, wording) }
    }

    private mutating func addAttribute(_ mention: Int, _ wording: Wording) {
        guard let object = object(mention) else { return }
        let attribute = SceneGraph.Attribute(object: object, text: wording.text, range: wording.range)
        if described.insert(attribute).inserted { graph.attributes.append(attribute) }
    }

    private func object(_ mention: Int) -> Int? { objectOfMention[clauses.canonical[mention]] }

    // MARK: - Verbs

    private func isVerb(_ attachment: Attachment, _ frame: Int) -> Bool {
        if case .verb(frame) = attachment.target { return true }
        return false
    }

    private func agents(_ frame: Int) -> [Int] {
        guard clauses.frames[frame].verb?.isPassive ?? false else { return [] }
        return clauses.attachments.first { isVerb($0, frame) && $0.preposition.text == "by" }?.objects ?? []
    }

    private func belongs(_ attachment: Attachment, to frame: Int) -> Bool {
        switch attachment.target {
        case .verb(frame), .subjects(frame): true
        default: false
        }
    }

    private mutating func addVerb(_ frame: Frame, _ index: Int) {
        guard let verb = frame.verb, !verb.isCopula, !frame.isSilent, !verb.isNegated, verb.lemma != "let",
            verb.lemma != "be"
        else { return }
        if verb.isPassive { return addPassive(frame, index, verb) }
        let objects = frame.objects.isEmpty ? frame.gap : frame.objects
        relate(frame.subjects, verb.predicate, verb.ranges, objects)
        relate(frame.subjects, "\(verb.predicate) to", verb.ranges, frame.receivers)
        let isAlone = objects.isEmpty && !clauses.attachments.contains { belongs($0, to: index) }
        guard isAlone else { return }
        for subject in frame.subjects {
            guard !WordLists.copulas.contains(verb.lemma) || verb.particle != nil else { continue }
            addAttribute(subject, Wording(text: verb.predicate, range: range(verb.ranges)))
        }
    }

    private mutating func addPassive(_ frame: Frame, _ index: Int, _ verb: VerbGroup) {
        let agents = agents(index)
        if !frame.objects.isEmpty {
            relate(agents, verb.predicate, verb.ranges, frame.objects)
            relate(agents, "\(verb.predicate) to", verb.ranges, frame.subjects)
        } else {
            relate(agents, verb.predicate, verb.ranges, frame.subjects)
        }
        guard !clauses.attachments.contains(where: { belongs($0, to: index) }), frame.objects.isEmpty else { return }
        let text = verb.particle.map { "\(verb.text) \($0)" } ?? verb.text
        for subject in frame.subjects { addAttribute(subject, Wording(text: text, range: range(verb.ranges))) }
    }

    private func range(_ ranges: [Range<Int>]) -> Range<Int> {
        guard let first = ranges.first, let last = ranges.last else { return 0..<0 }
        return first.lowerBound..<max(last.upperBound, first.upperBound)
    }

    // MARK: - Phrases

    private mutating func add(_ attachment: Attachment) {
        let preposition = attachment.preposition
        switch attachment.target {
        case .mentions(let targets):
            relate(
                targets, preposition.text, [preposition.range], attachment.objects,
                allowsItself: attachment.isReciprocal)
        case .objects(let frame):
            relate(clauses.frames[frame].objects, preposition.text, [preposition.range], attachment.objects)
        case .subjects(let frame):
            let subjects = clauses.frames[frame].subjects
            relate(
                subjects.isEmpty ? seen(frame) : subjects, preposition.text, [preposition.range], attachment.objects)
        case .verb(let frame): addVerbal(attachment, frame)
        }
    }

    /// What a bystander sees or does something to.
    private func seen(_ frame: Int) -> [Int] {
        let own = clauses.frames[frame]
        return own.objects.isEmpty ? own.gap : own.objects
    }

    private mutating func addVerbal(_ attachment: Attachment, _ index: Int) {
        let frame = clauses.frames[index]
        guard let verb = frame.verb, !verb.isNegated, !frame.isSilent else { return }
        let preposition = attachment.preposition
        let agents = agents(index)
        if !agents.isEmpty, preposition.text == "by" { return }
        if frame.subjects.isEmpty, agents.isEmpty {
            relate(seen(index), preposition.text, [preposition.range], attachment.objects)
            return
        }
        let subjects = agents.isEmpty || preposition.text != "with" ? frame.subjects : agents
        if verb.lemma == "let" || verb.isCopula {
            relate(subjects, preposition.text, [preposition.range], attachment.objects)
        } else {
            relate(
                subjects, "\(verb.predicate) \(preposition.text)", verb.ranges + [preposition.range],
                attachment.objects,
                allowsItself: attachment.isReciprocal)
        }
    }

    private mutating func addPossessions() {
        for (index, mention) in clauses.mentions.enumerated() {
            guard let owner = mention.owner, let range = mention.ownerRange else { continue }
            relate([owner], "have", [range], [index])
        }
    }

    /// Every subject with every object (R7). A thing has a relation to itself only where one plural acts on "each other".
    private mutating func relate(
        _ subjects: [Int], _ predicate: String, _ ranges: [Range<Int>], _ objects: [Int], allowsItself: Bool = false
    ) {
        for subject in subjects {
            for object in objects {
                guard let from = self.object(subject), let to = self.object(object) else { continue }
                if from == to, !allowsItself || subjects.count > 1 { continue }
                let relation = SceneGraph.Relation(subject: from, predicate: predicate, ranges: ranges, object: to)
                if related.insert(relation).inserted { graph.relations.append(relation) }
            }
        }
    }
}
