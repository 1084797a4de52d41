/// A clause: somebody, a verb, something.
struct Frame {
    enum Kind { case clause, relative, participle }

    var kind = Kind.clause
    var subjects: [Int] = []
    /// The subject is the speaker or nobody in particular.
    var hasBystander = false
    var verb: VerbGroup?
    var objects: [Int] = []
    /// "gives the horse an apple": the horse.
    var receivers: [Int] = []
    /// What a relative clause is about, while it may still be its object.
    var gap: [Int] = []
    /// The subjects are what a relative pronoun points at.
    var isAboutSubject = false
    /// Phrases of place that belong to the verb.
    var places = 0
    /// The subject comes after the verb.
    var isInverted = false
    /// About the caption's own picture: has no relations.
    var isSilent = false
}

/// A phrase with a preposition and what it belongs to.
struct Attachment {
    enum Target {
        case mentions([Int])
        /// Plain preposition, on the subjects of a frame.
        case subjects(Int)
        /// Verb and preposition, on the subjects of a frame.
        case verb(Int)
        /// Plain preposition, on the objects of a frame.
        case objects(Int)
    }

    var target: Target
    var preposition: Wording
    var objects: [Int]
    var frame: Int
    var isReciprocal = false
}

/// Builds clauses from items, from left to right: which verb has which subjects and objects, and what each phrase belongs to
/// (rules R1 to R12).
struct Clauses {
    /// What a mention was last said to be.
    enum Slot {
        case subject(Int)
        case object(Int)
        case attached(Int)
    }

    var mentions: [Mention]
    let items: [CaptionItem]
    let lexicon: Lexicon
    var frames: [Frame] = [Frame()]
    var attachments: [Attachment] = []
    var adjectives: [(mention: Int, wording: Wording)] = []
    /// Open clauses, innermost last; never empty.
    var stack = [0]
    var slots: [Slot?]
    /// A mention of a thing said before is that thing.
    var canonical: [Int]
    var hasPhrase: [Bool]
    var isDropped: [Bool]

    /// What the next phrase or participle most likely belongs to; empty right after a verb.
    var nearest: [Int] = []
    var pending: Wording?
    var afterConjunction = false
    var afterComma = false
    var isDenied = false
    var isAfterSubordinator = false
    /// Mention whose slot a list separated by commas shares.
    var openList: Int?
    /// Owner for the next mention, by "whose".
    var owners: [Int] = []
    var ownerRange: Range<Int>?
    /// The next phrase belongs to the verb again.
    var resetNearest = false
    var cursor = 0

    init(items: [CaptionItem], mentions: [Mention], lexicon: Lexicon) {
        self.items = items
        self.mentions = mentions
        self.lexicon = lexicon
        slots = Array(repeating: nil, count: mentions.count)
        canonical = Array(mentions.indices)
        hasPhrase = Array(repeating: false, count: mentions.count)
        isDropped = mentions.map { $0.kind != .thing }
        while cursor < items.count {
            step(items[cursor])
            cursor += 1
        }
        closePending()
    }

    var top: Int { stack[stack.count - 1] }

    private mutating func step(_ item: CaptionItem) {
        switch item {
        case .comma:
            closePending()
            afterComma = true
            return
        case .conjunction:
            closePending()
            afterConjunction = true
            if isDenied || frames[top].verb?.isCopula ?? false { frames[top].verb?.isNegated = false }
            isDenied = false
            return
        case .negation:
            isDenied = true
            return
        case .mention(let index):
            take(mention: index)
            isAfterSubordinator = false
        case .verb(let group): take(verb: group)
        case .preposition(let wording): take(preposition: wording)
        case .adjectives(let wordings): take(adjectives: wordings)
        case .relative(let wording): take(relative: wording)
        case .subordinator: beginClause(isSubordinate: true)
        case .stop: beginClause(isSubordinate: false)
        }
        (afterComma, afterConjunction) = (false, false)
    }

    mutating func beginClause(isSubordinate: Bool) {
        closePending()
        frames.append(Frame())
        stack = [frames.count - 1]
        nearest = []
        openList = nil
        isDenied = false
        isAfterSubordinator = isSubordinate
    }

    mutating func push(_ frame: Frame) {
        frames.append(frame)
        stack.append(frames.count - 1)
    }

    /// Closes clauses inside `frame`.
    mutating func pop(to frame: Int) {
        guard let place = stack.lastIndex(of: frame) else { return }
        stack.removeLast(stack.count - 1 - place)
    }

    // MARK: - Prepositions and adjectives

    private mutating func take(preposition: Wording) {
        if afterConjunction, let last = attachments.last, last.frame == top { anchor(as: last) }
        if let first = pending {
            pending = Wording(
                text: "\(first.text) \(preposition.text)", range: first.range.lowerBound..<preposition.range.upperBound)
        } else {
            pending = preposition
        }
    }

    /// "behind the cube and in front of the ball": both phrases belong to the same thing.
    private mutating func anchor(as last: Attachment) {
        switch last.target {
        case .mentions(let targets): nearest = targets
        case .objects(let frame): nearest = frames[frame].objects
        case .subjects, .verb: nearest = []
        }
        if case .subjects(let frame) = last.target, frames[frame].verb == nil { nearest = frames[frame].subjects }
        frames[top].places = 0
    }

    /// A preposition at the end of a relative clause is about what the clause is about.
    mutating func closePending() {
        guard let preposition = pending else { return }
        pending = nil
        guard !frames[top].gap.isEmpty, frames[top].verb != nil else { return }
        let objects = frames[top].gap
        frames[top].gap = []
        attachments.append(Attachment(target: .verb(top), preposition: preposition, objects: objects, frame: top))
    }

    private mutating func take(adjectives wordings: [Wording]) {
        defer { isDenied = false }
        let isColour = pending?.text == "in"
        pending = nil
        guard !isDenied, !(frames[top].verb?.isNegated ?? false) else { return }
        let frame = frames[top]
        var targets: [Int]
        if isColour {
            targets = nearest.isEmpty ? frame.subjects : nearest
        } else if nearest.isEmpty {
            targets = frame.subjects
        } else if afterComma, frame.verb == nil {
            targets = frames[stack[0]].subjects.suffix(1)
        } else {
            targets = nearest
        }
        if targets.isEmpty, frame.verb == nil, frame.subjects.isEmpty { return waiting(wordings) }
        if frame.verb == nil, targets.count > 1, afterComma { targets = targets.suffix(1) }
        for target in targets { for wording in wordings { adjectives.append((target, wording)) } }
    }

    /// "Fast asleep :) my daughter": the thing comes later.
    private mutating func waiting(_ wordings: [Wording]) {
        for item in items[cursor...] {
            if case .mention(let index) = item, mentions[index].kind == .thing {
                for wording in wordings { adjectives.append((index, wording)) }
                return
            }
        }
    }

    /// The verb that comes next is of one thing.
    private func isSingularAhead() -> Bool {
        guard cursor + 1 < items.count, case .verb(let group) = items[cursor + 1] else { return false }
        return group.isSingular
    }

    // MARK: - Relative clauses

    private mutating func take(relative wording: Wording) {
        let hadPreposition = pending != nil
        pending = nil
        var antecedent = nearest.isEmpty ? frames[top].subjects : nearest
        if wording.text == "who" || wording.text == "whom", !antecedent.contains(where: { mentions[$0].isAnimate }) {
            let animate = mentions.indices.last { slots[$0] != nil && mentions[$0].isAnimate }
            if let animate { antecedent = [animate] }
        }
        if antecedent.count > 1, isSingularAhead() { antecedent = antecedent.suffix(1) }
        var frame = Frame(kind: .relative)
        switch wording.text {
        case "whose":
            owners = antecedent
            ownerRange = wording.range
        case "where": break
        default:
            if !hadPreposition {
                frame.subjects = antecedent
                frame.isAboutSubject = true
            }
        }
        push(frame)
        nearest = []
    }
}
