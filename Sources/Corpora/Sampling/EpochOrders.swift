import Runtime

/// The order of samples in one epoch: of all alike, of runs of neighbours, or frame by frame.
enum EpochOrder: Sendable {
    case uniform(KeyedPermutation)
    case runs(RunPermutation)
    case frames(FrameOrder)

    func callAsFunction(_ position: Int) -> Int {
        switch self {
        case .uniform(let order): order(position)
        case .runs(let order): order(position)
        case .frames(let order): order(position)
        }
    }
}

/// The orders of a stream's epochs. Those by frames are laid out once and the last few kept.
final class EpochOrders: @unchecked Sendable {
    // Safety: `kept` is touched only while `monitor` is locked.
    /// A batch reads two epochs, and loader threads may be a batch apart.
    private static let keptEpochs = 3

    private let seed: UInt64
    private let stream: Int
    private let count: Int
    private let batchSize: Int
    private let isSeamless: Bool
    /// Nil when all samples of the corpus are shuffled alike.
    private let layout: FrameLayout?
    private let runs: StaggeredRuns
    /// Neighbours that stay together where all samples are shuffled alike.
    private let together: Int
    private let monitor = Monitor()
    private var kept: [(epoch: Int, order: FrameOrder)] = []

    /// - Parameters:
    ///   - stream: tells apart the streams of one seed.
    ///   - isSeamless: batches lie across the seams of epochs.
    init(
        seed: UInt64, stream: Int, count: Int, batchSize: Int, isSeamless: Bool, storage: SamplerEntry.Storage,
        together: Int
    ) {
        self.seed = seed
        self.stream = stream
        self.count = count
        self.batchSize = batchSize
        self.isSeamless = isSeamless
        self.together = together
        layout = storage.frameSamples.isEmpty ? nil : FrameLayout(samples: storage.frameSamples)
        runs = StaggeredRuns(batchSize: batchSize, length: max(1, min(storage.window, count) / batchSize))
    }

    subscript(epoch: Int) -> EpochOrder {
        guard let layout else {
            let key = RandomKey(seed: seed, batch: epoch, position: stream, purpose: .order)
            return together > 1
                ? .runs(RunPermutation(count: count, length: together, key: key))
                : .uniform(KeyedPermutation(count: count, key: key))
        }
        return monitor.locked {
            if let found = kept.first(where: { $0.epoch == epoch }) { return .frames(found.order) }
            let phase = isSeamless ? epoch % batchSize * (count % batchSize) % batchSize : 0
            let key = RandomKey(seed: seed, batch: epoch, purpose: .frames(stream: stream))
            let order = FrameOrder(layout, runs: runs, leading: (batchSize - phase) % batchSize, key: key)
            if kept.count == Self.keptEpochs { kept.removeFirst() }
            kept.append((epoch, order))
            return .frames(order)
        }
    }
}
