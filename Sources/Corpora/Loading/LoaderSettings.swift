public struct LoaderSettings: Sendable, Equatable {
    public var seed: UInt64
    public var rank: Int
    public var ranks: Int
    /// Threads that decode.
    public var workers: Int
    /// Batches decoded ahead of the one asked for.
    public var prefetch: Int
    /// Number of the batch that `next()` returns first.
    public var firstBatch: Int
    /// Different unusable samples that this rank replaces in one corpus before it gives up.
    public var badSampleBudget: Int
    /// Budgets of corpora that have their own, by name.
    public var badSampleBudgets: [String: Int]
    /// What was used up of the budgets before, by corpus.
    public var badSamplesBefore: [String: UnusableSamples]

    public init(
        seed: UInt64, rank: Int = 0, ranks: Int = 1, workers: Int = 1, prefetch: Int = 4, firstBatch: Int = 0,
        badSampleBudget: Int = 100, badSampleBudgets: [String: Int] = [:],
        badSamplesBefore: [String: UnusableSamples] = [:]
    ) {
        precondition(ranks > 0 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks)")
        precondition(workers > 0 && prefetch > 0, "\(workers) loader threads, \(prefetch) batches ahead")
        precondition(firstBatch >= 0 && badSampleBudget >= 0, "batch \(firstBatch), budget \(badSampleBudget)")
        self.seed = seed
        self.rank = rank
        self.ranks = ranks
        self.workers = workers
        self.prefetch = prefetch
        self.firstBatch = firstBatch
        self.badSampleBudget = badSampleBudget
        self.badSampleBudgets = badSampleBudgets
        self.badSamplesBefore = badSamplesBefore
    }
}
