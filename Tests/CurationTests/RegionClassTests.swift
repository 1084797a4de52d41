import Rehearsal
import Runtime
import Storage
import Testing

@testable import Curation

/// Clusters of regions, and the classes they make.
@Suite struct RegionClassTests {
    private let width = 5

    /// Rows around corners of a cube that are far from each other, by turns, and which corner each belongs to.
    private func clouds(_ clusters: Int, rows: Int, spread: Float, seed: UInt64 = 1) -> (rows: [Float], of: [Int]) {
        var random = RandomKey(seed: seed, purpose: .test).stream
        let owners = (0..<rows).map { $0 % clusters }
        return (
            owners.flatMap { cluster in
                (0..<width).map { axis in
                    10 * Float(cluster >> axis & 1) + spread * (random.uniform() - 0.5)
                }
            }, owners
        )
    }

    private func search(_ rows: [Float], _ threads: Int, clusters: Int, seed: UInt64 = 1) throws -> (
        centres: [Float], spread: Float
    ) {
        let pool = WorkerPool(threads: threads)
        defer { pool.stop() }
        return try ClusterSearch(rows: rows, width: width, pool: pool).run(clusters: clusters, seed: seed) { _, _ in }
    }

    @Test("clusters far from each other are found from any seed, each centre the mean of its rows", arguments: 1...6)
    func separated(seed: UInt64) throws {
        let (rows, owners) = clouds(8, rows: 4000, spread: 1)
        let (centres, spread) = try search(rows, 1, clusters: 8, seed: seed)
        let nearest = try ClusterSearch.nearest(rows, centres, width: width, WorkerPool(threads: 1))
        let pairs = Set(zip(nearest, owners).map { [Int($0), $1] })
        #expect(pairs.count == 8, "each found cluster is one of the clouds: \(pairs)")
        for cluster in 0..<8 {
            let own = owners.indices.filter { nearest[$0] == Int32(cluster) }
            for axis in 0..<width {
                let mean = own.reduce(0.0) { $0 + Double(rows[$1 * width + axis]) } / Double(own.count)
                #expect(abs(Double(centres[cluster * width + axis]) - mean) < 1e-5)
            }
        }
        // The variance of a uniform number is 1/12.
        #expect(abs(spread - Float(width) / 12) < 0.03, "spread \(spread)")
    }

    @Test("the work tells how far it is, up to the end, and can be ended on the way")
    func progress() throws {
        struct Stop: Error {}
        let (rows, _) = clouds(5, rows: 3001, spread: 14)
        let clusters = ClusterSearch(rows: rows, width: width, pool: WorkerPool(threads: 1))
        var told: [Int] = []
        _ = try clusters.run(clusters: 17, seed: 1) { done, total in
            #expect(total == 17 + ClusterSearch.iterations)
            told.append(done)
        }
        #expect(told == told.sorted() && told.first == 1 && told.last == 17 + ClusterSearch.iterations)
        #expect(throws: Stop.self) {
            try clusters.run(clusters: 17, seed: 1) { done, _ in if done == 20 { throw Stop() } }
        }
    }

    @Test("1, 2 and 4 threads give the same bits")
    func threads() throws {
        let (rows, _) = clouds(5, rows: 3001, spread: 14)
        let one = try search(rows, 1, clusters: 17)
        for threads in [2, 4] {
            let found = try search(rows, threads, clusters: 17)
            #expect(found.centres.map(\.bitPattern) == one.centres.map(\.bitPattern))
            #expect(found.spread.bitPattern == one.spread.bitPattern)
        }
        #expect(try search(rows, 1, clusters: 17, seed: 2).centres != one.centres)
    }

    @Test("as many clusters as rows, rows that are all alike, and one cluster")
    func edges() throws {
        let rows: [Float] = (0..<6).flatMap { row in (0..<width).map { Float(row * row + $0) } }
        let own = try search(rows, 1, clusters: 6)
        #expect(own.spread == 0)
        #expect(Set(stride(from: 0, to: 30, by: width).map { own.centres[$0] }) == [0, 1, 4, 9, 16, 25])
        let alike = try search([Float](repeating: 2, count: 8 * width), 1, clusters: 3)
        #expect(alike.centres == [Float](repeating: 2, count: 3 * width) && alike.spread == 0)
        #expect(try search(rows, 1, clusters: 1).centres[0] == 55.0 / 6)
    }

    @Test("a class is as probable as the softmax of the negated squared distance over the temperature says")
    func distributions() throws {
        let pool = WorkerPool(threads: 2)
        let (rows, _) = clouds(4, rows: 1500, spread: 20)
        let classes = try RegionClasses(grouping: rows, width: width, classes: 7, seed: 3, pool: pool)
        let found = try classes.distributions(of: rows, pool: pool)
        #expect(found.count == 1500 * 7)
        for row in [0, 700, 1023, 1024, 1499] {
            let logits = (0..<7).map { k in
                -(0..<width).reduce(0.0) { sum, axis in
                    let d = Double(rows[row * width + axis]) - Double(classes.centres[k * width + axis])
                    return sum + d * d
                } / Double(classes.temperature)
            }
            let total = logits.reduce(0) { $0 + exponential($1) }
            for k in 0..<7 { #expect(abs(Double(found[row * 7 + k]) - exponential(logits[k]) / total) < 1e-4) }
        }
    }

    private func exponential(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for n in 1..<40 {
            term *= x / 16 / Double(n)
            sum += term
        }
        return (0..<4).reduce(sum) { y, _ in y * y }
    }

    @Test("classes without spread are told apart for certain")
    func certain() throws {
        let pool = WorkerPool(threads: 1)
        let rows = [Float](repeating: 0, count: width) + [Float](repeating: 1, count: width)
        let classes = try RegionClasses(grouping: rows, width: width, classes: 2, seed: 1, pool: pool)
        let found = try classes.distributions(of: rows, pool: pool)
        #expect(classes.temperature == 0)
        for (a, b) in zip(found.sorted(), [0, 0, 1, 1] as [Float]) { #expect(abs(a - b) < 1e-30) }
        #expect((found[0] > 0.5) != (found[2] > 0.5))
    }

    @Test("fewer regions than classes are refused")
    func tooFew() throws {
        #expect(throws: RegionError.tooFew(regions: 3, classes: 4)) {
            try RegionClasses(
                grouping: [Float](repeating: 1, count: 3 * width), width: width, classes: 4, seed: 1,
                pool: WorkerPool(threads: 1))
        }
    }

    @Test("the classes of a file are those that were written, for the same encoder only")
    func file() throws {
        let directory = try TemporaryDirectory()
        let (rows, _) = clouds(4, rows: 100, spread: 3)
        let classes = try RegionClasses(
            grouping: rows, width: width, classes: 9, seed: 3, pool: WorkerPool(threads: 1))
        let origin = RegionClassFile.Origin(encoder: "e0", source: "c0", grid: 4, seed: .max)
        let written = RegionClassFile(classes: classes, origin: origin)
        try written.write(to: directory("new/classes.safetensors"))
        let read = try RegionClassFile(path: directory("new/classes.safetensors"))
        #expect(read == written && read.classes.fingerprint == classes.fingerprint)
        try read.check(encoder: "e0", path: "x")
        #expect(throws: RegionError.self) { try read.check(encoder: "e1", path: "x") }
    }

    @Test("a damaged or foreign file of classes is a typed error, whichever byte is wrong")
    func damage() throws {
        let directory = try TemporaryDirectory()
        let classes = RegionClasses(centres: [1, 2, 3, 4, 5, 6], width: 3, temperature: 0.5)
        let origin = RegionClassFile.Origin(encoder: "e0", source: "c0", grid: 4, seed: 1)
        try RegionClassFile(classes: classes, origin: origin).write(to: directory("whole"))
        let whole = try directory.bytes("whole")
        for place in 0..<whole.count {
            for change in [UInt8(0x80), 1] {
                var bytes = whole
                bytes[place] ^= change
                try directory.put("changed", bytes)
                do {
                    _ = try RegionClassFile(path: directory("changed"))
                } catch { #expect(error is any DiagnosedError, "\(error)") }
            }
            try directory.put("cut", Array(whole.prefix(place)))
            #expect(throws: (any Error).self) { try RegionClassFile(path: directory("cut")) }
        }
    }

    @Test("classes are counted by each region's likeliest")
    func usage() {
        var usage = ClassUsage(classes: 4)
        usage.add([0.1, 0.6, 0.2, 0.1, 0, 0.5, 0.5, 0])
        var other = ClassUsage(classes: 4)
        other.add([0, 0, 0.3, 0.7, 0.4, 0.3, 0.2, 0.9])
        usage.add(other)
        #expect(usage.regions == [0, 2, 0, 2] && usage.used == 2)
        #expect(abs(usage.perplexity - 2) < 1e-12)
    }
}
