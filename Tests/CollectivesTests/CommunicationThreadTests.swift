import Collectives
import Glibc
import Runtime
import Synchronization
import Testing

/// Runs `body` on ranks that are threads with a communication thread each.
private func jobs<Result: Sendable>(
    _ hub: LoopbackHub, deadline: Double = 60,
    _ body: @escaping @Sendable (CommunicationThread) throws -> Result
) -> [Swift.Result<Result, any Error>] {
    hub.run { transport in try body(CommunicationThread(deadline: deadline) { transport }) }
}

private func floats(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    buffer.initialize(repeating: 0)
    return buffer
}

@Suite struct CommunicationThreadTests {
    private static let list: [Operation] = [
        .sum(name: "loss counts", count: 2), .gather(name: "embeddings", counts: [3, 0, 2]),
        .reduce(name: "head", range: 480..<960), .reduce(name: "trunk", range: 0..<480), .barrier(name: "end"),
    ]

    @Test(
        "operations submitted in any order are done in list order with the right results", arguments: Reduction.allCases
    )
    func anyOrder(reduction: Reduction) throws {
        let results = jobs(LoopbackHub(ranks: 3)) { thread in
            let gradients = try thread.allocateGradients(count: 960, reduction: reduction).region
            let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2)
            let (rows, gathered) = (floats(3), floats(5))
            defer {
                sums.deallocate()
                rows.deallocate()
                gathered.deallocate()
            }
            for step in 1...20 {
                sums[0] = Double(thread.rank)
                sums[1] = Double(step)
                for index in 0..<3 { rows[index] = Float(step * 10 + thread.rank) }
                gradients.floats.baseAddress!.update(repeating: Float(thread.rank + step), count: 960)
                thread.begin(Self.list, step: step)
                let own = UnsafeBufferPointer(rebasing: rows[..<[3, 0, 2][thread.rank]])
                for index in [[4, 3, 2, 1, 0], [0, 2, 1, 4, 3], [2, 0, 4, 1, 3]][(step + thread.rank) % 3] {
                    switch index {
                    case 0: thread.submit(0, sums: sums)
                    case 1: thread.submit(1, rows: own, into: gathered)
                    default: thread.submit(index)
                    }
                }
                try thread.wait(1)
                #expect(Array(sums) == [3, Double(3 * step)])
                #expect(Array(gathered) == [0, 0, 0, 2, 2].map { Float(step * 10 + $0) })
                try thread.finish()
                #expect(gradients.floats.allSatisfy { $0 == Float(3 + 3 * step) })
            }
            return thread.recentOperations.suffix(5).map { String($0.split(separator: ":")[0]) }
        }
        for result in results { #expect(try result.get() == Self.list.map { "step 20 \($0.name)" }) }
    }

    @Test("one rank needs no peers: gradients stay, rows are gathered, sums are what they were")
    func alone() throws {
        let thread = try CommunicationThread { LoopbackTransport.alone() }
        let gradients = try thread.allocateGradients(count: 32, reduction: .auto).region
        gradients.floats[5] = 4
        let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
        let (rows, gathered) = (floats(2), floats(2))
        defer {
            sums.deallocate()
            rows.deallocate()
            gathered.deallocate()
        }
        (sums[0], rows[1]) = (2.5, 3)
        thread.begin(
            [.sum(name: "s", count: 1), .gather(name: "g", counts: [2]), .reduce(name: "r", range: 0..<32)], step: 1)
        thread.submit(2)
        thread.submit(1, rows: UnsafeBufferPointer(rows), into: gathered)
        thread.submit(0, sums: sums)
        try thread.finish()
        #expect(sums[0] == 2.5 && gathered[1] == 3 && gradients.floats[5] == 4)
        #expect(try thread.leave(.done) == 0)
    }

    @Test(
        "a dead rank ends the wait of the others with its rank, the step and the operation",
        arguments: Reduction.allCases)
    func deadRank(reduction: Reduction) throws {
        let hub = LoopbackHub(ranks: 3)
        let results = jobs(hub, deadline: 0.4) { thread in
            _ = try thread.allocateGradients(count: 4800, reduction: reduction)
            try thread.barrier("ready")
            if thread.rank == 1 { hub.kill(1) }
            thread.begin([.reduce(name: "encoder.3", range: 0..<4800)], step: 14)
            if thread.rank != 1 { thread.submit(0) } else { return }
            try thread.finish()
        }
        for rank in [0, 2] {
            let error = #expect(throws: CommunicationError.self) { try results[rank].get() }
            let text = error?.description ?? ""
            #expect(error?.exitCode == .transport)
            #expect(text.contains("rank \(rank), step 14, encoder.3: waited"), "\(text)")
            // A ring names the neighbour, who may itself be waiting for the dead rank.
            #expect(text.contains(reduction == .ring && rank == 0 ? "for rank 2" : "for rank 1"), "\(text)")
        }
    }

    @Test("after the first error every call throws the same one")
    func sticky() throws {
        let hub = LoopbackHub(ranks: 2)
        let results = jobs(hub, deadline: 0.2) { thread in
            if thread.rank == 1 { return true }
            var errors: [CommunicationError] = []
            for attempt in 0..<3 {
                do {
                    if attempt == 1 {
                        thread.begin([.barrier(name: "later")], step: 9)
                        thread.submit(0)
                        try thread.finish()
                    } else {
                        try thread.barrier("attempt \(attempt)")
                    }
                } catch let error as CommunicationError {
                    errors.append(error)
                }
            }
            return errors.count == 3 && Set(errors.map(\.description)).count == 1 && errors[0].operation == "attempt 0"
        }
        #expect(try results[0].get())
    }

    @Test("ranks with different lists end at the deadline instead of mixing their numbers")
    func differentLists() throws {
        let results = jobs(LoopbackHub(ranks: 2), deadline: 0.3) { thread in
            let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
            sums[0] = 1
            var list: [Operation] = [.sum(name: "losses", count: 1)]
            if thread.rank == 1 { list.insert(.barrier(name: "extra"), at: 0) }
            thread.begin(list, step: 3)
            if thread.rank == 1 { thread.submit(0) }
            thread.submit(list.count - 1, sums: sums)
            try thread.finish()
        }
        for result in results { #expect(throws: CommunicationError.self) { try result.get() } }
    }

    @Test("ranks that reduce different ranges in shared memory stop before they mix them")
    func differentRanges() throws {
        let results = jobs(LoopbackHub(ranks: 2), deadline: 5) { thread in
            let gradients = try thread.allocateGradients(count: 128, reduction: .window).region
            gradients.floats[0] = 1
            thread.begin([.reduce(name: "head", range: thread.rank * 32..<96)], step: 3)
            thread.submit(0)
            defer { #expect(gradients.floats[0] == 1) }
            try thread.finish()
        }
        for result in results {
            let error = #expect(throws: CommunicationError.self) { try result.get() }
            #expect(error?.description.contains("it is at another operation") == true)
        }
    }

    @Test("a rank that aborts ends the others at once, with its code")
    func abort() throws {
        let hub = LoopbackHub(ranks: 2)
        let start = Clock.seconds
        let results = jobs(hub) { thread in
            if thread.rank == 1 {
                try thread.perform("failing") { $0.transport.abort(.data) }
            } else {
                try thread.barrier("together")
            }
        }
        let error = #expect(throws: CommunicationError.self) { try results[0].get() }
        #expect(error?.cause == .aborted(byRank: 1, code: 3))
        #expect(Clock.seconds - start < 20)
    }

    @Test("leaving gives rank 0 the first failing rank's code and the others 0")
    func leaving() throws {
        let codes: [ExitCode] = [.done, .numbers, .data]
        let results = jobs(LoopbackHub(ranks: 3)) { try $0.leave(codes[$0.rank]) }
        #expect(try results.map { try $0.get() } == [6, 0, 0])
    }

    @Test("a connection that fails reports its own error")
    func failedConnection() {
        #expect(throws: CommunicationError.self) {
            try CommunicationThread { throw CommunicationError(rank: 0, operation: "connecting", cause: .launch("no")) }
        }
    }

    @Test("waiting is counted as exposed communication, hidden work is not")
    func exposed() throws {
        let results = jobs(LoopbackHub(ranks: 2)) { thread in
            try thread.barrier("start")
            let before = thread.exposedSeconds
            thread.begin([.barrier(name: "b")], step: 1)
            if thread.rank == 1 { usleep(200_000) }
            thread.submit(0)
            if thread.rank == 0 { usleep(100_000) }
            try thread.finish()
            return thread.exposedSeconds - before
        }
        let (early, late) = (try results[0].get(), try results[1].get())
        #expect(early > 0.05 && early < 1)
        #expect(late < early)
    }

    @Test("an idle communication thread, and one that waits for a peer, use at most 2 % of a core")
    func idleCost() throws {
        // Suites that run beside this one stretch what a wake-up costs, never shrink it: the best of three windows counts.
        let results = jobs(LoopbackHub(ranks: 2)) { thread in
            try (0..<3).map { round in
                try thread.barrier("start")
                let start = thread.processorSeconds
                usleep(500_000)
                let idle = thread.processorSeconds - start
                thread.begin([.barrier(name: "b")], step: round)
                let begun = thread.processorSeconds
                if thread.rank == 0 { thread.submit(0) }
                usleep(1_000_000)
                let waiting = thread.processorSeconds - begun
                if thread.rank == 1 { thread.submit(0) }
                try thread.finish()
                return (idle: 2 * idle, waiting: waiting)
            }
        }
        for result in results {
            let windows = try result.get()
            #expect(windows.map(\.idle).min()! <= 0.02)
            #expect(windows.map(\.waiting).min()! <= 0.02)
        }
    }

    @Test("after warm-up a step allocates nothing that grows")
    func allocations() throws {
        let results = jobs(LoopbackHub(ranks: 2)) { thread in
            _ = try thread.allocateGradients(count: 960, reduction: .window)
            let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2)
            sums.initialize(repeating: 0)
            func steps(_ count: Int) throws {
                for step in 0..<count {
                    thread.begin([.sum(name: "s", count: 2), .reduce(name: "r", range: 0..<960)], step: step)
                    thread.submit(0, sums: sums)
                    thread.submit(1)
                    try thread.finish()
                }
            }
            try steps(50)
            // Other tests run beside this one: a leak shows in every window, their noise in some.
            var growth: [Int] = []
            for _ in 0..<10 {
                let before = Machine.heapInUse
                try steps(50)
                growth.append(Machine.heapInUse - before)
            }
            return growth.min()!
        }
        for result in results { #expect(try result.get() < 50 * 8) }
    }
}
