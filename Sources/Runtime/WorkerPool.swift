import Glibc
import Synchronization

/// The one pool of compute threads of a rank. The caller works too; tasks are cut by the caller in a way that depends
/// on shapes only, so that bits do not depend on the number of threads.
public final class WorkerPool: @unchecked Sendable {
    // Safety: `workers` is written in `init` and by `stop`, which ends the use of the pool.
    public let threads: Int
    private let crew = WorkerCrew()
    private var workers: [Thread] = []

    /// - Parameter threads: workers in all, the caller included.
    public init(threads: Int) {
        precondition(threads > 0, "a worker pool needs a thread, got \(threads)")
        self.threads = threads
        workers = (1..<threads).map { worker in
            Thread(name: "worker-\(worker)") { [crew] in crew.serve(worker) }
        }
    }

    deinit { stop() }

    /// Ends the worker threads. The pool can't be used afterwards.
    public func stop() {
        crew.stop()
        for worker in workers { worker.join() }
        workers = []
    }

    /// Runs `body(task, worker)` for every task of `0 ..< count`, in no particular order, and returns when all are done.
    /// `worker` is in `0 ..< threads` and no two tasks run under the same number at once.
    public func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
        guard threads > 1 && count > 1 else {
            for task in 0..<count { body(task, 0) }
            return
        }
        withoutActuallyEscaping(body) { crew.run(count, helpers: threads - 1, $0) }
    }
}

/// What the threads of a pool share. They hold it, and not the pool, so that a pool may go before they have begun.
private final class WorkerCrew: @unchecked Sendable {
    // Safety: `body` and `generation` are written while every worker sleeps or waits on `monitor`; `next` is atomic.
    private let monitor = Monitor()
    private var body: ((_ task: Int, _ worker: Int) -> Void)?
    private var count = 0
    private var generation = 0
    private var busy = 0
    private var isStopping = false
    private let next = Atomic<Int>(0)

    func stop() {
        monitor.locked {
            isStopping = true
            monitor.notify()
        }
    }

    func run(_ count: Int, helpers: Int, _ body: @escaping (_ task: Int, _ worker: Int) -> Void) {
        monitor.locked {
            self.body = body
            self.count = count
            next.store(0, ordering: .relaxed)
            generation += 1
            busy = helpers
            monitor.notify()
        }
        drain(body, worker: 0)
        // Products are short: spinning for the last worker is cheaper than sleeping, but not forever.
        var spins = 0
        while spins < 2000, monitor.locked({ busy > 0 }) {
            sched_yield()
            spins += 1
        }
        monitor.locked {
            while busy > 0 { monitor.wait() }
            self.body = nil
        }
    }

    private func drain(_ body: (Int, Int) -> Void, worker: Int) {
        while true {
            let task = next.add(1, ordering: .relaxed).oldValue
            guard task < count else { return }
            body(task, worker)
        }
    }

    func serve(_ worker: Int) {
        var seen = 0
        while takeTurn(worker, &seen) {
            monitor.locked {
                busy -= 1
                if busy == 0 { monitor.notify() }
            }
        }
    }

    /// Waits for a call of `run` and works on it; false when the pool is stopped. A function of its own, not inlined,
    /// because the closure must have been let go of before `run` is told that this worker is done.
    @inline(never) private func takeTurn(_ worker: Int, _ seen: inout Int) -> Bool {
        let work: ((Int, Int) -> Void)? = monitor.locked {
            while generation == seen && !isStopping { monitor.wait() }
            seen = generation
            return isStopping ? nil : body
        }
        guard let work else { return false }
        drain(work, worker: worker)
        return true
    }
}
