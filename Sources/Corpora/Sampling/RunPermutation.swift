import Runtime

/// A permutation of samples in which runs of neighbours stay together: the runs are permuted, each keeps its order.
struct RunPermutation: Sendable {
    private let runs: KeyedPermutation
    private let length: Int
    private let count: Int
    /// Where the last run, which may be shorter, stands among the others.
    private let shortRun: Int

    /// - Parameters:
    ///   - count: samples. - length: of a run.
    init(count: Int, length: Int, key: RandomKey) {
        precondition(length > 0, "runs of \(length) samples")
        self.count = count
        self.length = length
        let number = (count + length - 1) / length
        runs = KeyedPermutation(count: number, key: key)
        shortRun = runs.index(of: number - 1)
    }

    /// The sample at `position`.
    func callAsFunction(_ position: Int) -> Int {
        // Behind the short run positions count as if it were a whole one.
        let missing = (length - count % length) % length
        let place = position < (shortRun + 1) * length - missing ? position : position + missing
        return runs(place / length) * length + place % length
    }
}
