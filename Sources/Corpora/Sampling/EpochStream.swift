import Runtime

/// The endless stream of a corpus in epochs, cut into batches: batch k is found directly, without the ones before it.
///
/// Each epoch is a permutation of all samples of its own. With `n` samples and batches of `B`:
/// - `n ≥ 3B`: epochs follow each other without a gap, and every sample comes exactly once per epoch. A batch that
///   lies across two epochs takes the `t` last of one and the `B − t` first of the next. Where one of those first is
///   also one of those last, it changes places with a later sample of its epoch (within the second `B` positions,
///   which no seam reads), so that no batch contains a sample twice.
/// - `B ≤ n < 3B`: an epoch is cut to ⌊n/B⌋ whole batches; the `n mod B` samples at its end are left out of this
///   epoch. Every sample comes at most once per epoch, none twice in a batch.
/// - `n < B`: a batch is ⌈B/n⌉ epochs cut to `B`: each sample comes ⌊B/n⌋ or ⌈B/n⌉ times.
struct EpochStream: Sendable {
    let seed: UInt64
    /// Tells apart the streams of one seed.
    let stream: Int
    /// Samples in the corpus, `n`.
    let count: Int
    /// Samples per batch, `B`.
    let batchSize: Int

    init(seed: UInt64, stream: Int, count: Int, batchSize: Int) {
        precondition(count > 0 && batchSize > 0, "a stream of \(count) samples in batches of \(batchSize)")
        self.seed = seed
        self.stream = stream
        self.count = count
        self.batchSize = batchSize
    }

    /// The `ordinal`-th batch: the epochs it reads and its `(B)` sample indices.
    func batch(_ ordinal: Int) -> (epochs: ClosedRange<Int>, indices: [Int]) {
        if count >= 3 * batchSize { return seamless(ordinal) }
        return count >= batchSize ? cut(ordinal) : repeated(ordinal)
    }

    func permutation(epoch: Int) -> KeyedPermutation {
        KeyedPermutation(count: count, key: RandomKey(seed: seed, batch: epoch, position: stream, purpose: .order))
    }

    private func repeated(_ ordinal: Int) -> (ClosedRange<Int>, [Int]) {
        let epochs = (batchSize + count - 1) / count
        let first = ordinal * epochs
        let indices = (0..<epochs).flatMap { epoch in
            let permutation = permutation(epoch: first + epoch)
            return (0..<min(count, batchSize - epoch * count)).map { permutation($0) }
        }
        return (first...first + epochs - 1, indices)
    }

    private func cut(_ ordinal: Int) -> (ClosedRange<Int>, [Int]) {
        let perEpoch = count / batchSize
        let epoch = ordinal / perEpoch
        let start = ordinal % perEpoch * batchSize
        let permutation = permutation(epoch: epoch)
        return (epoch...epoch, (start..<start + batchSize).map { permutation($0) })
    }

    private func seamless(_ ordinal: Int) -> (ClosedRange<Int>, [Int]) {
        let (epoch, start) = (ordinal * batchSize).quotientAndRemainder(dividingBy: count)
        let end = start + batchSize
        let indices = elements(epoch, start..<min(end, count))
        guard end > count else { return (epoch...epoch, indices) }
        return (epoch...epoch + 1, indices + elements(epoch + 1, 0..<end - count))
    }

    /// Samples at `range` of an epoch, exchanges at its first seam included.
    private func elements(_ epoch: Int, _ range: Range<Int>) -> [Int] {
        let permutation = permutation(epoch: epoch)
        var elements = range.map { permutation($0) }
        guard range.lowerBound < 2 * batchSize else { return elements }
        for (first, second) in exchanges(epoch, permutation) {
            if range.contains(first) { elements[first - range.lowerBound] = permutation(second) }
            if range.contains(second) { elements[second - range.lowerBound] = permutation(first) }
        }
        return elements
    }

    /// Pairs of positions of an epoch that change places, so that its first samples differ from the last ones of the
    /// epoch before with which they share a batch. The first of a pair is below `B`, the second in `B ..< 2B`.
    private func exchanges(_ epoch: Int, _ permutation: KeyedPermutation) -> [(Int, Int)] {
        let tailCount = epoch % batchSize * (count % batchSize) % batchSize
        guard epoch > 0, tailCount > 0 else { return [] }
        let previous = self.permutation(epoch: epoch - 1)
        let tail = Set((count - tailCount..<count).map { previous($0) })
        var pairs: [(Int, Int)] = []
        var partner = batchSize
        for position in 0..<batchSize - tailCount where tail.contains(permutation(position)) {
            while tail.contains(permutation(partner)) { partner += 1 }
            pairs.append((position, partner))
            partner += 1
        }
        return pairs
    }
}
