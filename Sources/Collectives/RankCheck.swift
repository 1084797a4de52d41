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
        let all = Contributions(ranks: communicator.size, count: counts(ranks: communicator.size).max()!)
        faults += try checkSums(communicator, all)
        for reduction in Reduction.allCases { faults += try checkReduction(reduction, communicator, all) }
        let found = try communicator.allGather(Array(faults.joined(separator: "\n").utf8))
        return found.enumerated().flatMap { rank, bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { "rank \(rank): \($0)" }
        }
    }

    /// Element counts that no number of ranks divides, and some that are empty or shorter than the ranks are many.
    static func counts(ranks: Int) -> [Int] { [0, 1, ranks - 1, 1000, 10_007, 100_003] }

    /// What every rank contributes, and the sums in Float64.
    private struct Contributions {
        var values: [[Float]]
        var sums: [Double]
        /// Sums of magnitudes: the scale of rounding errors.
        var magnitudes: [Double]

        init(ranks: Int, count: Int) {
            values = (0..<ranks).map { rank in
                var stream = RandomKey(seed: 7, position: rank, purpose: .test).stream
                return (0..<count).map { _ in stream.uniform() * 2 - 1 }
            }
            sums = [Double](repeating: 0, count: count)
            magnitudes = sums
            for rank in 0..<ranks {
                for index in 0..<count {
                    sums[index] += Double(values[rank][index])
                    magnitudes[index] += Double(abs(values[rank][index]))
                }
            }
        }
    }

    private static func checkBytes(_ communicator: Communicator) throws -> [String] {
        var faults: [String] = []
        func contribution(_ rank: Int, _ scale: Int) -> [UInt8] {
            (0..<rank * scale).map { UInt8(truncatingIfNeeded: $0 * 31 + rank) }
        }
        let root = communicator.size - 1
        for scale in [0, 1, 1000, 70_001] {
            let expected = (0..<communicator.size).map { contribution($0, scale) }
            let own = expected[communicator.rank]
            if try communicator.allGather(own) != expected { faults.append("all-gather of r * \(scale) bytes") }
            let gathered = try communicator.gather(own, to: root)
            if gathered != (communicator.rank == root ? expected : []) { faults.append("gather of r * \(scale) bytes") }
            let spread = try communicator.broadcast(own, from: root)
            if spread != expected[root] { faults.append("broadcast of \(root * scale) bytes") }
        }
        return faults
    }

    private static func checkSums(_ communicator: Communicator, _ all: Contributions) throws -> [String] {
        try [0, 1, 7, 4000].compactMap { count in
            let sums = try communicator.allReduceSum(all.values[communicator.rank].prefix(count).map { Double($0) })
            return zip(sums, all.sums).allSatisfy { abs($0 - $1) < 1e-12 } ? nil : "sum of \(count) numbers"
        }
    }

    private static func checkReduction(
        _ requested: Reduction, _ communicator: Communicator, _ all: Contributions
    ) throws -> [String] {
        let offset = 48
        let guardValue: Float = 99
        let region = try SharedRegion(byteCount: (offset + all.sums.count + 16) * 4, name: "rank-check")
        let reducer = try Reducer(requested, region: region, communicator: communicator)
        let own = all.values[communicator.rank]
        var faults: [String] = []
        for count in counts(ranks: communicator.size) {
            let name = "\(requested.rawValue) (\(reducer.reduction.rawValue)) of \(count) elements"
            let range = offset..<offset + count
            // More than once each, since a later operation meets what the earlier has left behind.
            for isWhole in [true, false, true] {
                for index in 0..<count { region.floats[offset + index] = own[index] }
                region.floats[offset + count] = guardValue
                if isWhole {
                    try reducer.allReduce(range)
                } else {
                    try reducer.reduceScatter(range)
                    try reducer.allGather(range)
                }
                if region.floats[offset + count] != guardValue { faults.append("\(name) wrote behind its end") }
                if let index = firstWrong(region.floats, range, all) {
                    faults.append(
                        "\(name): expected \(all.sums[index]) at \(index), found \(region.floats[offset + index])")
                }
                let digests = try communicator.allGather(digest(region.floats, range))
                if Set(digests).count > 1 { faults.append("\(name): the bits differ between ranks") }
            }
        }
        return faults
    }

    private static func firstWrong(
        _ floats: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>, _ all: Contributions
    ) -> Int? {
        (0..<range.count).first { index in
            !(abs(Double(floats[range.lowerBound + index]) - all.sums[index]) <= 1e-6 * all.magnitudes[index])
        }
    }

    private static func digest(_ floats: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>) -> [UInt8] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(floats[index].bitPattern)) &* 0x100_0000_01B3 }
        return withUnsafeBytes(of: hash) { Array($0) }
    }
}
