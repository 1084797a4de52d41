import Runtime
import Tensors

/// k-means (Lloyd 1982), started as k-means++ does (Arthur and Vassilvitskii 2007).
///
/// Rows are worked on in blocks of a fixed size and sums taken in their order: the same bits for any number of threads.
struct ClusterSearch {
    /// Rounds of assignment and averaging at most; fewer when nothing moves any more.
    static let iterations = 25
    /// Rows whose products with the centres are computed at once.
    static let block = 1024
    /// Columns that are averaged at once.
    private static let stripe = 64

    /// `(n, C)`.
    let rows: [Float]
    /// C.
    let width: Int
    let pool: WorkerPool

    private var count: Int { rows.count / width }
    private var blocks: Int { (count + Self.block - 1) / Self.block }

    /// - Parameter progress: passes over the rows done, and at most; what it throws ends the work.
    /// - Returns: centres `(K, C)`, and the mean squared distance of a row from the centre that is nearest to it.
    func run(
        clusters K: Int, seed: UInt64, progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> (centres: [Float], spread: Float) {
        precondition((1...count).contains(K), "\(K) clusters of \(count) rows")
        let passes = K + Self.iterations
        var centres = try start(K, seed) { try progress($0, passes) }
        var nearest = try Self.nearest(rows, centres, width: width, pool)
        for iteration in 0..<Self.iterations {
            try progress(K + iteration, passes)
            centres = averages(nearest, centres)
            let moved = try Self.nearest(rows, centres, width: width, pool)
            if moved == nearest { break }
            nearest = moved
        }
        try progress(passes, passes)
        return (centres, spread(nearest, centres))
    }

    /// The centre nearest to each row, the first of several.
    /// - Parameters: rows `(n, C)`, centres `(K, C)`.
    /// - Throws: `MemoryFault`.
    static func nearest(
        _ rows: [Float], _ centres: [Float], width C: Int, _ pool: WorkerPool
    ) throws -> [Int32] {
        var found = [Int32](repeating: 0, count: rows.count / C)
        try found.withUnsafeMutableBufferPointer { found in
            let base = found.baseAddress
            try forEachBlock(rows, centres, width: C, pool) { row, closeness in
                base?[row] = Int32(closeness.indices.reduce(0) { closeness[$1] > closeness[$0] ? $1 : $0 })
            }
        }
        return found
    }

    /// Calls `body` with each row's closeness to each centre, 2·x·c − |c|²: its squared distances but for |x|², negated.
    /// Several rows at once.
    static func forEachBlock(
        _ rows: [Float], _ centres: [Float], width C: Int, _ pool: WorkerPool,
        _ body: (_ row: Int, _ closeness: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(MemoryFault) {
        let (n, K) = (rows.count / C, centres.count / C)
        let squares = squares(centres, width: C)
        let memory = try Reservation(byteCount: pool.threads * block * K * 4)
        rows.withUnsafeBufferPointer { x in
            centres.withUnsafeBufferPointer { c in
                guard let x = x.baseAddress, let c = c.baseAddress else { return }
                pool.run((n + block - 1) / block) { task, worker in
                    let (first, count) = (task * block, min(block, n - task * block))
                    let products = (memory.base + worker * block * K * 4).assumingMemoryBound(to: Float.self)
                    multiply(
                        m: count, n: K, k: C, scale: 2, Operand(x + first * C, stride: C),
                        Operand(c, stride: C, transposed: true), beta: 0, into: products, cStride: K)
                    for row in 0..<count {
                        let closeness = products + row * K
                        for k in 0..<K { closeness[k] -= squares[k] }
                        body(first + row, UnsafeMutableBufferPointer(start: closeness, count: K))
                    }
                }
            }
        }
    }

    /// |c|² of each row.
    private static func squares(_ centres: [Float], width C: Int) -> [Float] {
        centres.withUnsafeBufferPointer { c in
            (0..<centres.count / C).map { Float(sumOfSquares(c.baseAddress! + $0 * C, count: C)) }
        }
    }

    /// K rows: the first drawn evenly, each other with a probability that grows as the squared distance from those before.
    private func start(_ K: Int, _ seed: UInt64, progress: (_ done: Int) throws -> Void) rethrows -> [Float] {
        var random = RandomKey(seed: seed, purpose: .clusters).stream
        var distances = [Float](repeating: .infinity, count: count)
        var centres: [Float] = []
        var chosen = random.integer(below: count)
        while true {
            centres += rows[chosen * width..<(chosen + 1) * width]
            guard centres.count < K * width else { return centres }
            approach(chosen, &distances)
            try progress(centres.count / width)
            chosen = draw(distances, Double(random.next() >> 11) * 0x1p-53)
        }
    }

    /// Brings each row's distance from the nearest chosen one up to date with a new one.
    private func approach(_ chosen: Int, _ distances: inout [Float]) {
        rows.withUnsafeBufferPointer { x in
            distances.withUnsafeMutableBufferPointer { distances in
                guard let x = x.baseAddress, let base = distances.baseAddress else { return }
                pool.run(blocks) { task, _ in
                    for row in task * Self.block..<min((task + 1) * Self.block, count) {
                        let distance = squaredDistance(
                            x + row * width, x + chosen * width, scale: 0, gradient: nil, count: width)
                        base[row] = min(base[row], distance)
                    }
                }
            }
        }
    }

    /// The row at which the running sum of weights passes `share` of their total; the last that weighs anything at most.
    private func draw(_ weights: [Float], _ share: Double) -> Int {
        let target = share * weights.reduce(0.0) { $0 + Double($1) }
        var (sum, last) = (0.0, 0)
        for (row, weight) in weights.enumerated() where weight > 0 {
            sum += Double(weight)
            last = row
            if sum > target { break }
        }
        return last
    }

    /// Means of the rows of each cluster; a cluster without rows keeps its centre.
    private func averages(_ nearest: [Int32], _ centres: [Float]) -> [Float] {
        let sizes = nearest.reduce(into: [Int](repeating: 0, count: centres.count / width)) { $0[Int($1)] += 1 }
        var averages = centres
        averages.withUnsafeMutableBufferPointer { averages in
            let base = averages.baseAddress
            pool.run((width + Self.stripe - 1) / Self.stripe) { task, _ in
                let columns = task * Self.stripe..<min((task + 1) * Self.stripe, width)
                let sums = sums(of: columns, nearest, clusters: sizes.count)
                for (cluster, size) in sizes.enumerated() where size > 0 {
                    for column in columns {
                        let sum = sums[cluster * columns.count + column - columns.lowerBound]
                        base?[cluster * width + column] = Float(sum / Double(size))
                    }
                }
            }
        }
        return averages
    }

    /// `(clusters, columns)`.
    private func sums(of columns: Range<Int>, _ nearest: [Int32], clusters: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: clusters * columns.count)
        rows.withUnsafeBufferPointer { x in
            sums.withUnsafeMutableBufferPointer { sums in
                guard let x = x.baseAddress, let base = sums.baseAddress else { return }
                for (row, cluster) in nearest.enumerated() {
                    let (from, to) = (x + row * width + columns.lowerBound, base + Int(cluster) * columns.count)
                    for column in 0..<columns.count { to[column] += Double(from[column]) }
                }
            }
        }
        return sums
    }

    /// The mean squared distance of the rows from their centres.
    private func spread(_ nearest: [Int32], _ centres: [Float]) -> Float {
        let total = rows.withUnsafeBufferPointer { x in
            centres.withUnsafeBufferPointer { c in
                nearest.enumerated().reduce(0.0) { sum, row in
                    let (a, b) = (x.baseAddress! + row.offset * width, c.baseAddress! + Int(row.element) * width)
                    return sum + Double(squaredDistance(a, b, scale: 0, gradient: nil, count: width))
                }
            }
        }
        return Float(total / Double(count))
    }
}
