import Glibc
import Runtime
import Testing

@testable import Collectives

/// Work while others wait, on ranks that are threads.
@Suite struct SharedWorkTests {
    private func jobs<Result: Sendable>(
        _ hub: LoopbackHub, deadline: Double,
        _ body: @escaping @Sendable (CommunicationThread) throws -> Result
    ) -> [Swift.Result<Result, any Error>] {
        hub.run { transport in try body(CommunicationThread(deadline: deadline) { transport }) }
    }

    @Test("a rank may be at work for several deadlines, and all hear what each has to say", arguments: [1, 2, 3])
    func longWork(ranks: Int) throws {
        let results = jobs(LoopbackHub(ranks: ranks), deadline: 0.4) { thread in
            let reports = try thread.atWork("saving") {
                if thread.rank == ranks - 1 { usleep(1_500_000) }
                return Array(repeating: UInt8(thread.rank), count: thread.rank)
            }
            // The thread is free for the next operation.
            try thread.barrier("after")
            return reports
        }
        let expected = (0..<ranks).map { Array(repeating: UInt8($0), count: $0) }
        for result in results { #expect(try result.get() == expected) }
    }

    @Test("all ranks may be at work at once, each as long as it likes")
    func allAtWork() throws {
        let results = jobs(LoopbackHub(ranks: 3, delays: 0...0.01), deadline: 0.4) { thread in
            try (0..<3).map { round in
                try thread.atWork("round \(round)") {
                    usleep(UInt32((thread.rank + round) % 3) * 400_000)
                    return [UInt8(round)]
                }
            }
        }
        for result in results { #expect(try result.get() == (0..<3).map { Array(repeating: [UInt8($0)], count: 3) }) }
    }

    @Test("short work is heard of at once, not at the next round")
    func shortWork() throws {
        let results = jobs(LoopbackHub(ranks: 2), deadline: 600) { thread in
            let start = Clock.seconds
            for _ in 0..<20 { _ = try thread.atWork("a moment") { [] } }
            return Clock.seconds - start
        }
        for result in results { #expect(try result.get() < 5) }
    }

    @Test("a rank that dies at work ends the wait of the others at the deadline, named with the work")
    func deadAtWork() throws {
        let hub = LoopbackHub(ranks: 3)
        let results = jobs(hub, deadline: 0.4) { thread in
            try thread.atWork("writing a checkpoint") {
                if thread.rank == 1 {
                    usleep(600_000)
                    hub.kill(1)
                    usleep(1_000_000)
                }
                return []
            }
        }
        for rank in [0, 2] {
            let error = #expect(throws: CommunicationError.self) { try results[rank].get() }
            let text = error?.description ?? ""
            #expect(text.contains("rank \(rank), writing a checkpoint: waited"), "\(text)")
            #expect(text.contains("rank 1"), "\(text)")
        }
    }

    @Test("work without a sign of life for many deadlines is stuck, work that gives one is not")
    func stuckAtWork() throws {
        let work = SharedWork(deadline: 0.02)
        #expect(throws: CommunicationError.Cause.self) {
            while true { if try work.wait() != nil { return } }
        }
        let alive = SharedWork(deadline: 0.02)
        let end = Clock.seconds + 0.5
        while Clock.seconds < end {
            WorkPulse.beat()
            #expect(try alive.wait() == nil)
        }
        alive.finish([7])
        #expect(try alive.wait() == [7])
    }

    @Test("a wait is spoken of after a while, and then each time it has doubled")
    func notices() {
        var notice = WaitNotice(after: 0.05)
        #expect(notice.due() == nil)
        usleep(60_000)
        #expect(notice.due() != nil && notice.due() == nil)
    }
}
