/// How batches read a sequence nearly from front to back although each batch takes samples from all over a window of it.
///
/// Every position of a batch is a *lane*. A lane reads runs of `length` neighbours of the sequence, one sample per batch,
/// and the runs of neighbouring lanes lie side by side: so a rank, whose slice is a range of lanes, reads ranges of the
/// sequence that no other rank reads, for any number of ranks. Lanes start their runs at different batches, so that at
/// each batch the same share of lanes moves on: reading is even.
struct StaggeredRuns: Sendable {
    /// Lanes, `B`.
    let batchSize: Int
    /// Samples of a run.
    let length: Int
    /// `(B + 1)`: sums of the lanes' lead, by which each is ahead of lane 0.
    private let leads: [Int]

    init(batchSize: Int, length: Int) {
        precondition(batchSize > 0 && length > 0, "runs of \(length) samples in batches of \(batchSize)")
        self.batchSize = batchSize
        self.length = length
        leads = (0..<batchSize).reduce(into: [0]) { $0.append($0.last! + $1 * length / batchSize) }
    }

    private func lead(_ lane: Int) -> Int { lane * length / batchSize }

    /// The place in the sequence, below `batches · B`, of lane `lane` of batch `batch` out of `batches`: a bijection.
    func place(batch: Int, lane: Int, batches: Int) -> Int {
        let run = (batch + lead(lane)) / length
        let start = max(0, run * length - lead(lane))
        let before = samples(beforeRun: run, lanes: batchSize, batches)
        let beside = samples(beforeRun: run + 1, lanes: lane, batches) - samples(beforeRun: run, lanes: lane, batches)
        return before + beside + batch - start
    }

    /// Samples in all runs before `run` of the first `lanes` lanes: a lane has had `run · length − lead` of them, or all.
    private func samples(beforeRun run: Int, lanes: Int, _ batches: Int) -> Int {
        guard run > 0 else { return 0 }
        let surplus = run * length - batches
        let done = surplus < 0 ? 0 : min(lanes, ((surplus + 1) * batchSize + length - 1) / length)
        return done * batches + (lanes - done) * run * length - (leads[lanes] - leads[done])
    }
}
