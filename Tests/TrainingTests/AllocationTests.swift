import Rehearsal
import Runtime
import Testing
import Training

@Suite struct AllocationTests {
    @Test("after warm-up a step leaves nothing on the heap and the arena stays as high as it was")
    func stepsDoNotGrow() async {
        // A process of its own: the heap of this one belongs to all tests that run beside this one.
        await #expect(processExitsWith: .success) {
            let batches = [(0, 5), (1, 3), (2, 6), (3, 5), (4, 4), (5, 5), (6, 4)]
            try AllocationTests.requireSteadySteps(Mixture.unimo2.run(batches))
        }
    }

    @Test("UNIMO's steps do not grow either")
    func unimoStepsDoNotGrow() async {
        await #expect(processExitsWith: .success) {
            try AllocationTests.requireSteadySteps(Mixture.unimo.run(Mixture.unimo.all))
        }
    }

    private static func requireSteadySteps(_ run: RankedRun) throws {
        // Safety: one rank writes them, each element once, and they are read when it has ended.
        nonisolated(unsafe) let heap = UnsafeMutableBufferPointer<Int>.allocate(capacity: 200)
        nonisolated(unsafe) let arena = UnsafeMutableBufferPointer<Int>.allocate(capacity: 200)
        _ = try run.onEachRank { trainer, source in
            for step in 0..<200 {
                _ = try trainer.runStep(source, stopRequested: false)
                heap[step] = Machine.heapInUse
                arena[step] = trainer.arenaHighWater
            }
        }
        let growth = heap[199] - heap[99]
        print("heap: \(growth) bytes in 100 steps; arena: \(arena[199]) bytes")
        precondition(growth <= 4 * 1024, "the heap grew by \(growth) bytes in 100 steps")
        precondition(arena[199] == arena[99], "the arena grew from \(arena[99]) to \(arena[199])")
    }
}
