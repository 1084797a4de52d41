import Rehearsal
import Runtime
import Testing
import Training

@Suite struct AllocationTests {
    @Test("after warm-up a step leaves nothing on the heap and the arena stays as high as it was")
    func stepsDoNotGrow() async {
        // A process of its own: the heap of this one belongs to all tests that run beside this one.
        await #expect(processExitsWith: .success) {
            var run = Mixture.run([(0, 5), (1, 3), (2, 6), (3, 5)])
            run.steps = (0..<200).map { _ in run.steps[0] }
            nonisolated(unsafe) let heap = UnsafeMutableBufferPointer<Int>.allocate(capacity: 200)
            nonisolated(unsafe) let arena = UnsafeMutableBufferPointer<Int>.allocate(capacity: 200)
            run.afterStep = { step, trainer in
                heap[step] = Machine.heapInUse
                arena[step] = trainer.arenaHighWater
            }
            _ = try run.run()
            // The test keeps a report of each step, in an array that doubles now and then: 200 bytes a step in all.
            let growth = heap[199] - heap[99]
            print("heap: \(growth) bytes in 100 steps; arena: \(arena[199]) bytes")
            precondition(growth <= 100 * 1024, "the heap grew by \(growth) bytes in 100 steps")
            precondition(arena[199] == arena[99], "the arena grew from \(arena[99]) to \(arena[199])")
        }
    }
}
