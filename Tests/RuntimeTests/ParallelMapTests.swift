import Runtime
import Synchronization
import Testing

@Suite struct ParallelMapTests {
    private struct Failure: Error, Equatable { let task: Int }

    @Test("results are in the order of tasks, whatever the number of threads", arguments: [1, 3])
    func order(threads: Int) throws {
        let pool = WorkerPool(threads: threads)
        #expect(try pool.map(100) { task, _ in task * task } == (0..<100).map { $0 * $0 })
        #expect(try pool.map(0) { task, _ in task }.isEmpty)
    }

    @Test("the first task's error is thrown, and work ends soon after it", arguments: [1, 3])
    func failure(threads: Int) {
        let pool = WorkerPool(threads: threads)
        let begun = Atomic<Int>(0)
        #expect(throws: Failure(task: 7)) {
            _ = try pool.map(10_000) { task, _ in
                begun.add(1, ordering: .relaxed)
                if task >= 7 { throw Failure(task: task) }
                return task
            }
        }
        #expect(begun.load(ordering: .relaxed) <= 7 + threads)
    }
}
