import Collectives
import Runtime
import Testing

/// Runs `body` on ranks that are threads, and fails the test if any of them throws.
func ranks<Result: Sendable>(
    _ hub: LoopbackHub, _ body: @escaping @Sendable (Communicator) throws -> Result
) throws -> [Result] {
    try hub.run { try body(Communicator(transport: $0, deadline: 60)) }.map { try $0.get() }
}

@Suite struct CollectiveTests {
    @Test("every collective gives the float64 sums, the same bits on all ranks", arguments: 1...8)
    func oneNode(count: Int) throws {
        for faults in try ranks(LoopbackHub(ranks: count), { try RankCheck.run(on: $0) }) { #expect(faults == []) }
    }

    @Test(
        "several nodes, equal or not, adjacent or interleaved, give the same",
        arguments: [[0, 1], [0, 0, 1, 1], [0, 1, 0, 1], [2, 2, 1, 1, 0, 0], [0, 0, 1], [0, 1, 2]])
    func severalNodes(nodes: [Int]) throws {
        let hub = LoopbackHub(ranks: nodes.count, nodes: nodes)
        for faults in try ranks(hub, { try RankCheck.run(on: $0) }) { #expect(faults == []) }
    }

    @Test("messages that travel for a while, each for another time, change nothing")
    func delayed() throws {
        let hub = LoopbackHub(ranks: 3, nodes: [0, 0, 1], delays: 0...0.001, seed: 5)
        for faults in try ranks(hub, { try RankCheck.run(on: $0) }) { #expect(faults == []) }
    }

    @Test("ring and window agree to rounding, and each repeats its bits", arguments: [2, 3, 5])
    func ringAgainstWindow(count: Int) throws {
        let sums = try ranks(LoopbackHub(ranks: count)) { communicator in
            let region = try SharedRegion(byteCount: 10_007 * 4, name: "test")
            return try [Reduction.ring, .window, .auto, .ring, .window].map { reduction in
                let reducer = try Reducer(reduction, region: region, communicator: communicator)
                #expect(reducer.reduction == reduction)
                var stream = RandomKey(seed: 1, position: communicator.rank, purpose: .test).stream
                for index in 0..<10_007 { region.floats[index] = stream.uniform() }
                try communicator.barrier()
                try reducer.allReduce(0..<10_007)
                let sums = Array(region.floats)
                try communicator.barrier()
                return sums
            }
        }
        for rank in sums { #expect(rank == sums[0]) }
        let (ring, window) = (sums[0][0], sums[0][1])
        #expect(sums[0][3] == ring)
        #expect(sums[0][4] == window && sums[0][2] == window)
        #expect(zip(ring, window).allSatisfy { abs($0 - $1) <= 1e-6 * Float(count) })
    }

    @Test(
        "after reduce-scatter rank r holds the sums of piece r, on any topology",
        arguments: [[0, 0, 0], [0, 1, 0, 1]])
    func ownership(nodes: [Int]) throws {
        let count = 16 * nodes.count * 5
        let isRight = try ranks(LoopbackHub(ranks: nodes.count, nodes: nodes)) { communicator in
            let region = try SharedRegion(byteCount: count * 4, name: "test")
            let reducer = try Reducer(.auto, region: region, communicator: communicator)
            for index in 0..<count { region.floats[index] = Float(index * (communicator.rank + 1)) }
            try reducer.reduceScatter(0..<count)
            let factor = (1...nodes.count).reduce(0, +)
            let own = Reducer.piece(communicator.rank, of: 0..<count, ranks: nodes.count)
            #expect(own.count == count / nodes.count)
            return own.allSatisfy { region.floats[$0] == Float($0 * factor) }
        }
        #expect(isRight.allSatisfy { $0 })
    }

    @Test("pieces are whole cache lines, in rank order, and cover the range once")
    func pieces() {
        for ranks in 1...9 {
            for count in [0, 1, 15, 16, ranks - 1, 16 * ranks, 1000, 10_007] {
                let range = 32..<32 + count
                let pieces = (0..<ranks).map { Reducer.piece($0, of: range, ranks: ranks) }
                #expect(pieces.flatMap { Array($0) } == Array(range))
                #expect(pieces.allSatisfy { $0.upperBound == range.upperBound || $0.count % 16 == 0 })
                if count % (16 * ranks) == 0 { #expect(Set(pieces.map(\.count)).count == 1) }
            }
        }
    }

    @Test("unequal nodes fall back to one ring and say so")
    func unequalNodes() throws {
        let hub = LoopbackHub(ranks: 3, nodes: [0, 0, 1])
        let outcomes = try ranks(hub) { communicator in
            let region = try SharedRegion(byteCount: 4096, name: "test")
            let reducer = try Reducer(.auto, region: region, communicator: communicator)
            return "\(reducer.reduction.rawValue): \(reducer.note ?? "")"
        }
        #expect(Set(outcomes).count == 1)
        #expect(outcomes[0].hasPrefix("ring: the nodes have unequal numbers of ranks"))
    }

    @Test("one rank whose memory cannot be mapped turns all ranks to the ring, with a sentence")
    func unmappable() throws {
        let outcomes = try ranks(LoopbackHub(ranks: 3)) { communicator in
            let region = try SharedRegion(byteCount: 4096, name: "test", isShared: communicator.rank != 1)
            let reducer = try Reducer(.window, region: region, communicator: communicator)
            region.floats[7] = 1
            try communicator.barrier()
            try reducer.allReduce(0..<1024)
            return "\(reducer.reduction.rawValue) \(reducer.note != nil) \(region.floats[7])"
        }
        #expect(outcomes == Array(repeating: "ring true 3.0", count: 3))
    }

    @Test("memory is zero, page-aligned and as large as asked")
    func region() throws {
        for isShared in [true, false] {
            let region = try SharedRegion(byteCount: 10_000, name: "test", isShared: isShared)
            #expect(UInt(bitPattern: region.base) % 4096 == 0)
            #expect(region.floats.count == 2500 && region.floats.allSatisfy { $0 == 0 })
        }
    }

    @Test("more memory than there is gives an error with a remedy, not a signal")
    func tooMuchMemory() throws {
        let error = #expect(throws: CommunicationError.self) {
            try SharedRegion(byteCount: 1 << 46, name: "gradients", isShared: false)
        }
        #expect(error?.exitCode == .transport)
        #expect(error?.description.contains("memory for gradients") == true)
        #expect(error?.description.contains("free memory on this node") == true)
    }

    @Test("the benchmark has a row per way and size, alike on all ranks")
    func benchmark() throws {
        let results = LoopbackHub(ranks: 2).run { transport in
            let thread = try CommunicationThread { transport }
            return try RingBenchmark.run(on: thread, sizes: [4096, 1 << 16], repetitions: 3, rival: nil).rows
        }
        let rows = try results.map { try $0.get() }
        #expect(rows[0] == rows[1])
        #expect(rows[0].map(\.name) == ["ring", "window", "ring", "window"])
        #expect(rows[0].map(\.bytes) == [4096, 4096, 1 << 16, 1 << 16])
        #expect(rows[0].allSatisfy { $0.value > 0 && $0.value.isFinite })
    }
}
