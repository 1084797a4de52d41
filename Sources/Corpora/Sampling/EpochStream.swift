import Runtime

/// The stream of a corpus in epochs, cut into batches: batch k is found directly, without the ones before it.
///
/// Each epoch is an order of all samples of its own. With `n` samples and batches of `B`:
/// - `n ≥ 3B`, or a single epoch: epochs follow each other without a gap, and every sample comes exactly once per epoch. A
///   batch that lies across two epochs takes the `t` last of one and the `B − t` first of the next. Where one of those
///   first is also one of those last, it changes places with a later sample of its epoch (within the second `B`
///   positions, which no seam reads), so that no batch contains a sample twice. The last batch of a stream that ends holds
///   what is left.
/// - `n < 3B`, a number of epochs: each epoch is cut into ⌈n/B⌉ batches, the last of which holds what is left. Every
///   sample comes exactly once per epoch.
/// - `B ≤ n < 3B`, endless: an epoch is cut to ⌊n/B⌋ whole batches; the `n mod B` samples at its end are left out of this
///   epoch. Every sample comes at most once per epoch, none twice in a batch.
/// - `n < B`, endless: a batch is ⌈B/n⌉ epochs cut to `B`: each sample comes ⌊B/n⌋ or ⌈B/n⌉ times.
struct EpochStream: Sendable {
    private enum Seams { case none, afterWhole, afterShort, within }

    /// Samples in the corpus, `n`.
    let count: Int
    /// Samples per batch, `B`.
    let batchSize: Int
    /// Epochs until the stream ends; nil when it never does.
    let epochs: Int?
    private let seams: Seams
    private let orders: EpochOrders

    /// - Parameter stream: tells apart the streams of one seed.
    init(
        seed: UInt64, stream: Int, count: Int, batchSize: Int, epochs: Int? = nil,
        storage: SamplerEntry.Storage = .loose, together: Int = 1
    ) {
        precondition(count > 0 && batchSize > 0, "a stream of \(count) samples in batches of \(batchSize)")
        self.count = count
        self.batchSize = batchSize
        self.epochs = epochs
        if count >= 3 * batchSize || epochs == 1 {
            seams = .none
        } else if epochs != nil {
            seams = .afterShort
        } else {
            seams = count >= batchSize ? .afterWhole : .within
        }
        orders = EpochOrders(
            seed: seed, stream: stream, count: count, batchSize: min(batchSize, count), isSeamless: seams == .none,
            storage: storage, together: together)
    }

    /// Batches until the stream ends; nil when it never does.
    var batches: Int? {
        epochs.map { epochs in
            seams == .none ? ceiling(epochs * count, batchSize) : epochs * ceiling(count, batchSize)
        }
    }

    /// Batches of one epoch, where the last of each holds what is left; nil where epochs lie seamless or never are short.
    var batchesPerEpoch: Int? { seams == .afterShort ? ceiling(count, batchSize) : nil }

    /// Samples of the last batch of an epoch, or of the whole stream, that ends.
    var lastSize: Int {
        let total = seams == .none ? (epochs ?? 1) * count : count
        return total - (ceiling(total, batchSize) - 1) * batchSize
    }

    /// The `ordinal`-th batch: the epochs it reads and its sample indices, `(B)` but for a last one.
    func batch(_ ordinal: Int) -> (epochs: ClosedRange<Int>, indices: [Int]) {
        switch seams {
        case .none: seamless(ordinal)
        case .afterWhole: cut(ordinal, batchesPerEpoch: count / batchSize)
        case .afterShort: cut(ordinal, batchesPerEpoch: ceiling(count, batchSize))
        case .within: repeated(ordinal)
        }
    }

    private func ceiling(_ value: Int, _ divisor: Int) -> Int { (value + divisor - 1) / divisor }

    private func repeated(_ ordinal: Int) -> (ClosedRange<Int>, [Int]) {
        let epochs = ceiling(batchSize, count)
        let first = ordinal * epochs
        let indices = (0..<epochs).flatMap { epoch in
            let order = orders[first + epoch]
            return (0..<min(count, batchSize - epoch * count)).map { order($0) }
        }
        return (first...first + epochs - 1, indices)
    }

    private func cut(_ ordinal: Int, batchesPerEpoch: Int) -> (ClosedRange<Int>, [Int]) {
        let (epoch, batch) = ordinal.quotientAndRemainder(dividingBy: batchesPerEpoch)
        let order = orders[epoch]
        let start = batch * batchSize
        return (epoch...epoch, (start..<min(start + batchSize, count)).map { order($0) })
    }

    private func seamless(_ ordinal: Int) -> (ClosedRange<Int>, [Int]) {
        let (epoch, start) = (ordinal * batchSize).quotientAndRemainder(dividingBy: count)
        let end = start + batchSize
        let indices = elements(epoch, start..<min(end, count))
        guard end > count, epoch + 1 != epochs else { return (epoch...epoch, indices) }
        return (epoch...epoch + 1, indices + elements(epoch + 1, 0..<end - count))
    }

    /// Samples at `range` of an epoch, exchanges at its first seam included.
    private func elements(_ epoch: Int, _ range: Range<Int>) -> [Int] {
        let order = orders[epoch]
        var elements = range.map { order($0) }
        guard range.lowerBound < 2 * batchSize else { return elements }
        for (first, second) in exchanges(epoch, order) {
            if range.contains(first) { elements[first - range.lowerBound] = order(second) }
            if range.contains(second) { elements[second - range.lowerBound] = order(first) }
        }
        return elements
    }

    /// Pairs of positions of an epoch that change places, so that its first samples differ from the last ones of the
    /// epoch before with which they share a batch. The first of a pair is below `B`, the second in `B ..< 2B`.
    private func exchanges(_ epoch: Int, _ order: EpochOrder) -> [(Int, Int)] {
        let tailCount = epoch % batchSize * (count % batchSize) % batchSize
        guard epoch > 0, tailCount > 0 else { return [] }
        let previous = orders[epoch - 1]
        let tail = Set((count - tailCount..<count).map { previous($0) })
        var pairs: [(Int, Int)] = []
        var partner = batchSize
        for position in 0..<batchSize - tailCount where tail.contains(order(position)) {
            while tail.contains(order(partner)) { partner += 1 }
            pairs.append((position, partner))
            partner += 1
        }
        return pairs
    }
}
