import Batches

/// A batch on its way: positions of the rank's slice are claimed, decoded in any order, and put together at the end.
final class BatchAssembly {
    let plan: BatchPlan
    let slice: Range<Int>
    /// Positions in the order in which they are read: that of the samples in the corpus, where neighbours share a frame.
    private let order: [Int]
    private var claimed = 0
    private var remaining: Int
    private var outcomes: [SliceDecoder.Outcome?]
    private var failure: (position: Int, error: any Error)?
    /// Set when the last position is done.
    var result: Result<Batch, any Error>?

    init(plan: BatchPlan, slice: Range<Int>) {
        self.plan = plan
        self.slice = slice
        order = slice.sorted { (plan.sampleIndices[$0], $0) < (plan.sampleIndices[$1], $1) }
        remaining = slice.count
        outcomes = Array(repeating: nil, count: slice.count)
    }

    /// A batch that failed before it was begun.
    convenience init(failedBatch number: Int, error: any Error) {
        self.init(plan: BatchPlan(number: number, entry: 0, ordinal: 0, epochs: 0...0, sampleIndices: []), slice: 0..<0)
        result = .failure(error)
    }

    var isClaimed: Bool { claimed == order.count }

    /// Up to `count` positions that nobody else decodes.
    func claim(_ count: Int) -> ArraySlice<Int> {
        let positions = order[claimed..<min(claimed + count, order.count)]
        claimed = positions.endIndex
        return positions
    }

    /// Notes what became of a position. True when it was the last one.
    func record(_ position: Int, _ outcome: Result<SliceDecoder.Outcome, any Error>) -> Bool {
        switch outcome {
        case .success(let value): outcomes[position - slice.lowerBound] = value
        case .failure(let error):
            // The first position's error is reported, whichever thread was faster.
            if position < failure?.position ?? Int.max { failure = (position, error) }
        }
        remaining -= 1
        return remaining == 0
    }

    /// The batch, or the error of its first failing position.
    func assembled(_ entry: LoaderEntry) -> Result<Batch, any Error> {
        if let failure { return .failure(failure.error) }
        let done = outcomes.compactMap(\.self)
        outcomes = []
        precondition(done.count == slice.count, "\(done.count) positions of \(slice) are done")
        return .success(
            Batch(
                number: plan.number, entry: plan.entry, globalCount: plan.sampleIndices.count, slice: slice,
                chunks: entry.chunks(done.map(\.sample), at: slice), skipped: done.flatMap(\.skipped)))
    }
}
