/// Something that is similar, and its cosine.
public struct Match: Sendable, Equatable {
    /// Which one of those that were searched.
    public var number: Int
    public var score: Float

    public init(number: Int, score: Float) {
        self.number = number
        self.score = score
    }

    /// Better ones first, ties by number.
    static func precedes(_ one: Match, _ other: Match) -> Bool {
        one.score > other.score || (one.score == other.score && one.number < other.number)
    }
}

/// The best of many matches, in whatever order they come.
struct BestMatches: Sendable {
    private let limit: Int
    private var kept: [Match] = []
    /// What scores less is not among the best.
    private(set) var floor: Float

    /// - Parameters:
    ///   - limit: matches kept. - floor: the lowest score of one.
    init(limit: Int, floor: Float = -.infinity) {
        self.limit = limit
        self.floor = limit > 0 ? floor : .infinity
    }

    mutating func offer(_ match: Match) {
        guard match.score >= floor else { return }
        kept.append(match)
        if kept.count >= 2 * limit + 32 { shrink() }
    }

    private mutating func shrink() {
        kept.sort(by: Match.precedes)
        guard kept.count >= limit, limit > 0 else { return }
        kept.removeSubrange(limit...)
        floor = kept[limit - 1].score
    }

    /// The best ones in order.
    mutating func sorted() -> [Match] {
        shrink()
        return kept
    }
}
