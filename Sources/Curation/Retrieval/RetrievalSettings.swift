/// Which neighbours are kept.
public struct RetrievalSettings: Sendable, Equatable {
    /// Of one pair among images and among texts, at most.
    public var count = 100
    /// The lowest cosine of a neighbour; nil for any.
    public var threshold: Float?
    /// Leave out samples that have the pair's own key.
    public var excludesSame = false

    public init() {}

    /// Everything neighbours depend on besides the corpora, one line each.
    var record: [String] {
        ["count \(count)", "threshold \(threshold.map { "\($0)" } ?? "none")", "exclude same \(excludesSame)"]
    }
}
