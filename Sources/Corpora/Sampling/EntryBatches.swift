import Runtime

/// The batches of an entry: of its stream directly, or of pools of it.
struct EntryBatches: Sendable {
    private let entry: SamplerEntry
    private let stream: EpochStream
    private let pools: LengthPool?
    private let key: RandomKey
    private let cache = SharedCache<Int, [[Int]]>(capacity: 2) { _ in 1 }

    init(_ entry: SamplerEntry, seed: UInt64, stream: Int) {
        self.entry = entry
        key = RandomKey(seed: seed, position: stream, purpose: .pool)
        self.stream = EpochStream(
            seed: seed, stream: stream, count: entry.count, batchSize: entry.unit, epochs: entry.ending.epochs,
            storage: entry.storage, together: entry.together)
        if case .lengths(let pool, let batches) = entry.batching {
            pools = LengthPool(size: pool, batches: batches)
        } else {
            pools = nil
        }
    }

    /// Batches until the entry ends; nil when it never does.
    var count: Int? {
        guard let units = stream.batches else { return nil }
        guard let pools else { return units }
        guard let perEpoch = stream.batchesPerEpoch else {
            return (units - 1) * pools.batches + pools.batches(of: stream.lastSize)
        }
        return units / perEpoch * batchesPerEpoch(pools, perEpoch)
    }

    /// The `ordinal`-th batch: the epochs it reads and its samples.
    func batch(_ ordinal: Int) throws -> (epochs: ClosedRange<Int>, indices: [Int]) {
        guard let pools else { return stream.batch(ordinal) }
        let (pool, part) = place(ordinal, pools)
        let (epochs, indices) = stream.batch(pool)
        var key = key
        key.batch = UInt64(pool)
        let cuts = try cache.value(of: pool) { try pools.cut(indices, length: entry.length, key: key) }
        return (epochs, cuts[part])
    }

    /// The pool in which a batch lies, and its number there.
    private func place(_ ordinal: Int, _ pools: LengthPool) -> (pool: Int, part: Int) {
        guard let perEpoch = stream.batchesPerEpoch else {
            return ordinal.quotientAndRemainder(dividingBy: pools.batches) as (Int, Int)
        }
        let (epoch, rest) = ordinal.quotientAndRemainder(dividingBy: batchesPerEpoch(pools, perEpoch))
        let pool = min(rest / pools.batches, perEpoch - 1)
        return (epoch * perEpoch + pool, rest - pool * pools.batches)
    }

    /// Where the last pool of each epoch is a short one.
    private func batchesPerEpoch(_ pools: LengthPool, _ perEpoch: Int) -> Int {
        (perEpoch - 1) * pools.batches + pools.batches(of: stream.lastSize)
    }
}
