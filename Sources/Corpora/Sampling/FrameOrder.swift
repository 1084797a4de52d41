import Runtime

/// The frames of a corpus, which are read whole: where each begins in the corpus's order.
final class FrameLayout: Sendable {
    /// `(frames + 1)`: number of the first sample of each frame, and the number of samples at the end.
    let firsts: [Int]

    init(samples: [Int]) {
        firsts = samples.reduce(into: [0]) { $0.append($0.last! + $1) }
    }

    var count: Int { firsts.count - 1 }
}

/// One epoch of a corpus too large to hold in memory: its frames in random order, the samples of each in random order, and
/// the sequence that results dealt out to the batches by `StaggeredRuns`. Every sample comes exactly once, a batch mixes
/// samples of all frames of a window, and each frame is read once by the ranks it concerns.
struct FrameOrder: Sendable {
    private let layout: FrameLayout
    private let runs: StaggeredRuns
    private let key: RandomKey
    /// Samples that complete the last batch of the epoch before.
    private let leading: Int
    /// Whole batches of this epoch.
    private let batches: Int
    /// `(frames)`: frames in the order of this epoch, and where each begins in it.
    private let frames: [Int32]
    private let starts: [Int]

    /// - Parameter key: its `batch` is the epoch; position and pass are used up.
    init(_ layout: FrameLayout, runs: StaggeredRuns, leading: Int, key: RandomKey) {
        self.layout = layout
        self.runs = runs
        self.leading = leading
        self.key = key
        batches = (layout.firsts[layout.count] - leading) / runs.batchSize
        var frames = (0..<layout.count).map(Int32.init(truncatingIfNeeded:))
        var random = key.stream
        for index in stride(from: frames.count - 1, to: 0, by: -1) {
            frames.swapAt(index, random.integer(below: index + 1))
        }
        var place = 0
        starts = frames.map { frame in
            defer { place += layout.firsts[Int(frame) + 1] - layout.firsts[Int(frame)] }
            return place
        }
        self.frames = frames
    }

    /// The sample at `position` of the epoch.
    func callAsFunction(_ position: Int) -> Int {
        let place = place(of: position)
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= place { low = middle } else { high = middle }
        }
        let frame = Int(frames[low])
        let first = layout.firsts[frame]
        var key = key
        // Position 0 is the key of the order of frames.
        key.position = UInt32(truncatingIfNeeded: frame + 1)
        let order = KeyedPermutation(count: layout.firsts[frame + 1] - first, key: key)
        return first + order(place - starts[low])
    }

    /// Where a position of the epoch lies in the sequence of frames. What does not fill a whole batch is read in order.
    private func place(of position: Int) -> Int {
        let (batch, lane) = (position - leading).quotientAndRemainder(dividingBy: runs.batchSize)
        guard position >= leading, batch < batches else { return position }
        return leading + runs.place(batch: batch, lane: lane, batches: batches)
    }
}
