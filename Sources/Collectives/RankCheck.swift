import Runtime

/// Checks every collective operation of a job on small known data: what a new cluster should pass before it trains.
public enum RankCheck {
    /// Sentences about what was wrong, alike on every rank; empty when all is well. Collective.
    public static func run(on thread: CommunicationThread) throws -> [String] {
        try thread.perform("rank check") { try run(on: $0) }
    }

    public static func run(on communicator: Communicator) throws -> [String] {
        var faults: [String] = []
        try communicator.barrier()
        faults += try checkBytes(communicator)
        faults += try checkSums(communicator)
        for reduction in Reduction.allCases { faults += try checkReduction(reduction, communicator) }
        let all = try communicator.allGather(Array(faults.joined(separator: "\n").utf8))
        return all.enumerated().flatMap { rank, bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { "rank \(rank): \($0)" }
        }
    }

    /// Element counts that no number of ranks divides, and some that are empty or shorter than the ranks are many.
    static func counts(ranks: Int) -> [Int] { [0, 1, ranks - 1, 1000, 10_007, 300_000] }

    /// What rank `rank` contributes to element `index`.
    static func value(_ rank: Int, _ index: Int) -> Float {
        let block = RandomKey(seed: 7, position: rank, purpose: .test).block(UInt32(index))
        return Float(Int32(bitPattern: block.x)) * 0x1p-31
    }

    private static func checkBytes(_ communicator: Communicator) throws -> [String] {
        var faults: [String] = []
        func contribution(_ rank: Int, _ scale: Int) -> [UInt8] {
            (0..<rank * scale).map { UInt8(truncatingIfNeeded: $0 * 31 + rank) }
        }
        for scale in [0, 1, 1000, 70_001] {
            let expected = (0..<communicator.size).map { contribution($0, scale) }
            let own = expected[communicator.rank]
            if try communicator.allGather(own) != expected {
                faults.append("all-gather of \(scale) bytes per rank number")
            }
            let root = communicator.size - 1
            let gathered = try communicator.gather(own, to: root)
            if gathered != (communicator.rank == root ? expected : []) { faults.append("gather of \(scale) bytes") }
            if try communicator.broadcast(own, from: root) != expected[root] {
                faults.append("broadcast of \(scale) bytes")
            }
        }
        return faults
    }

    private static func checkSums(_ communicator: Communicator) throws -> [String] {
        try [0, 1, 7, 4000].compactMap { count in
            let sums = try communicator.allReduceSum((0..<count).map { Double(value(communicator.rank, $0)) })
            let expected = (0..<count).map { index in
                (0..<communicator.size).reduce(0.0) { $0 + Double(value($1, index)) }
            }
            return zip(sums, expected).allSatisfy { abs($0 - $1) < 1e-12 } ? nil : "sum of \(count) numbers"
        }
    }

    private static func checkReduction(_ requested: Reduction, _ communicator: Communicator) throws -> [String] {
        let offset = 48
        let region = try SharedRegion(
            byteCount: (offset + counts(ranks: communicator.size).max()! + 16) * 4, name: "rank-check")
        let reducer = try Reducer(requested, region: region, communicator: communicator)
        var faults: [String] = []
        for count in counts(ranks: communicator.size) {
            // Twice each, since a second operation meets what the first has left behind.
            for isWhole in [true, false, true] {
                let name = "\(requested.rawValue) (\(reducer.reduction.rawValue)) of \(count) elements"
                for index in 0..<count { region.floats[offset + index] = value(communicator.rank, index) }
                region.floats[offset + count] = 99
                let range = offset..<offset + count
                if isWhole {
                    try reducer.allReduce(range)
                } else {
                    try reducer.reduceScatter(range)
                    try reducer.allGather(range)
                }
                if region.floats[offset + count] != 99 { faults.append("\(name) wrote behind its end") }
                faults += wrongElements(region.floats, offset, count, communicator.size).map { "\(name): \($0)" }
                let digests = try communicator.allGather(digest(region.floats, range))
                if Set(digests).count > 1 { faults.append("\(name): the bits differ between ranks") }
            }
        }
        return faults
    }

    private static func wrongElements(
        _ floats: UnsafeMutableBufferPointer<Float>, _ offset: Int, _ count: Int, _ ranks: Int
    ) -> [String] {
        for index in 0..<count {
            var (sum, magnitude) = (0.0, 0.0)
            for rank in 0..<ranks {
                sum += Double(value(rank, index))
                magnitude += abs(Double(value(rank, index)))
            }
            let found = Double(floats[offset + index])
            if !(abs(found - sum) <= 1e-6 * magnitude) { return ["element \(index): expected \(sum), found \(found)"] }
        }
        return []
    }

    private static func digest(_ floats: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>) -> [UInt8] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(floats[index].bitPattern)) &* 0x100_0000_01B3 }
        return withUnsafeBytes(of: hash) { Array($0) }
    }
}
