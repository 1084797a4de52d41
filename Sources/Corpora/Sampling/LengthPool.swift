import Runtime

/// Batches of nearly equal length: a pool of samples sorted by length and cut where the sums of lengths are as equal as
/// whole samples allow. The pool's batches come in random order.
struct LengthPool: Sendable {
    /// Samples of a whole pool, and batches it is cut into.
    let size: Int
    let batches: Int

    /// Batches of a pool of `count` samples: of the last one, fewer.
    func batches(of count: Int) -> Int { max(1, (batches * count + size - 1) / size) }

    /// The pool's batches, each with at least one sample.
    /// - Parameter indices: samples of the pool, in its order.
    func cut(_ indices: [Int], length: (Int) throws -> Int, key: RandomKey) throws -> [[Int]] {
        let parts = batches(of: indices.count)
        let lengths = try indices.map { max(1, try length($0)) }
        let order = indices.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var cuts: [[Int]] = []
        var (next, left) = (0, lengths.reduce(0, +))
        for part in 0..<parts {
            let (wanted, rest) = (left / (parts - part), parts - part - 1)
            var (batch, sum): ([Int], Int) = ([], 0)
            while next < order.count - rest {
                let length = lengths[order[next]]
                // A sample goes where the sum comes nearer to what is wanted.
                let overshoots = !batch.isEmpty && 2 * (sum + length - wanted) > length
                if overshoots && rest > 0 { break }
                batch.append(indices[order[next]])
                sum += length
                next += 1
            }
            left -= sum
            cuts.append(batch)
        }
        let permutation = KeyedPermutation(count: parts, key: key)
        return (0..<parts).map { cuts[permutation($0)] }
    }
}
