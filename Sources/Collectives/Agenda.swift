import Runtime
import Synchronization

/// What the communication thread has to do: the list of a step, and errands between lists. It is the only place where
/// the compute thread and the communication thread meet.
final class Agenda: @unchecked Sendable {
    // Safety: everything mutable is touched only while `monitor` is locked.
    enum Task {
        case operation(Operation, OperationBuffers, step: Int)
        case errand(Errand)
        case stop
        case abort(ExitCode)
    }

    /// A closure for the communication thread.
    final class Errand: @unchecked Sendable {
        // Safety: `isDone` is touched only while the agenda is locked; `body` is called once, by one thread.
        let name: String
        let body: (Communicator) -> Void
        var isDone = false

        init(name: String, body: @escaping (Communicator) -> Void) {
            self.name = name
            self.body = body
        }
    }

    private let monitor = Monitor()
    private let polling: PollingState
    /// With one rank, operations are done when submitted and the thread is not woken.
    private let isAlone: Bool
    private var list: [Operation] = []
    private var step = 0
    private var buffers: [OperationBuffers] = []
    private var isSubmitted: [Bool] = []
    private var completed = 0
    private var errand: Errand?
    private var isStopping = false
    private var isAborted = false
    private var failure: CommunicationError?
    private var failureTime = 0.0
    private var isFailureSeen = false
    private var waited = 0.0

    init(polling: PollingState, isAlone: Bool) {
        self.polling = polling
        self.isAlone = isAlone
    }

    // MARK: - The compute thread's side

    func begin(_ operations: [Operation], step: Int) {
        monitor.locked {
            precondition(
                isFinished || failure != nil,
                "the list of step \(self.step) is not finished: \(completed) of \(list.count)")
            list = operations
            self.step = step
            completed = 0
            buffers.removeAll(keepingCapacity: true)
            isSubmitted.removeAll(keepingCapacity: true)
            for _ in operations {
                buffers.append(OperationBuffers())
                isSubmitted.append(false)
            }
        }
    }

    func submit(_ index: Int, _ given: OperationBuffers) {
        monitor.locked {
            precondition(list.indices.contains(index), "operation \(index) of a list of \(list.count)")
            precondition(!isSubmitted[index], "operation \(index), \(list[index].name), was submitted twice")
            check(given, list[index])
            buffers[index] = given
            isSubmitted[index] = true
            if index == completed && !isAlone { monitor.notify() }
        }
    }

    private func check(_ given: OperationBuffers, _ operation: Operation) {
        switch operation {
        case .sum(let name, let count):
            precondition(given.sums?.count == count, "\(name) needs \(count) numbers, got \(given.sums?.count ?? 0)")
        case .gather(let name, let counts):
            let total = counts.reduce(0, +)
            precondition(
                given.gathered?.count == total, "\(name) gathers \(total), got room for \(given.gathered?.count ?? 0)")
        case .reduce(let name, _), .barrier(let name):
            precondition(given.sums == nil && given.rows == nil, "\(name) takes no buffer")
        }
    }

    func wait(_ index: Int) throws {
        try monitor.locked {
            precondition(list.indices.contains(index), "operation \(index) of a list of \(list.count)")
            precondition(
                isSubmitted[...index].allSatisfy { $0 },
                "waiting for \(list[index].name) before \(list[isSubmitted.firstIndex(of: false) ?? index].name) is submitted"
            )
            try sleep { isAlone || completed > index }
        }
    }

    func finish() throws {
        try monitor.locked {
            let missing = isSubmitted.firstIndex(of: false)
            precondition(missing == nil, "finishing before \(list[missing ?? 0].name) is submitted")
            try sleep { isFinished }
        }
    }

    func start(_ errand: Errand) throws {
        try monitor.locked {
            precondition(isFinished || failure != nil, "\(errand.name) while a list is unfinished")
            try throwFailure()
            precondition(self.errand == nil, "\(errand.name) inside \(self.errand?.name ?? "")")
            self.errand = errand
            monitor.notify()
        }
    }

    func wait(for errand: Errand) throws {
        try monitor.locked { try sleep { errand.isDone } }
    }

    func stop() {
        monitor.locked {
            isStopping = true
            monitor.notify()
        }
    }

    /// Asks the communication thread to end the job at once.
    func requestAbort(_ code: ExitCode) {
        monitor.locked {
            polling.abortCode.store(code.rawValue, ordering: .relaxed)
            monitor.notify()
        }
    }

    var hasAborted: Bool { monitor.locked { isAborted } }

    var waitedSeconds: Double { monitor.locked { waited } }

    /// Seconds since a failure that nobody has been told of.
    var unseenFailure: (CommunicationError, seconds: Double)? {
        monitor.locked {
            guard let failure, !isFailureSeen else { return nil }
            return (failure, Clock.seconds - failureTime)
        }
    }

    private var isFinished: Bool { isAlone || completed == list.count }

    private func throwFailure() throws {
        guard let failure else { return }
        isFailureSeen = true
        throw failure
    }

    /// Sleeps, on the books as exposed communication, until `isDone`.
    private func sleep(until isDone: () -> Bool) throws {
        if !isDone() && failure == nil {
            let start = Clock.seconds
            polling.isAwaited.store(true, ordering: .relaxed)
            while !isDone() && failure == nil { monitor.wait() }
            polling.isAwaited.store(false, ordering: .relaxed)
            waited += Clock.seconds - start
        }
        try throwFailure()
    }

    // MARK: - The communication thread's side

    /// Sleeps until there is something to do.
    func next() -> Task {
        monitor.locked {
            while true {
                let code = polling.abortCode.load(ordering: .relaxed)
                if code != 0 { return .abort(ExitCode(rawValue: code) ?? .transport) }
                if isStopping { return .stop }
                if let errand, !errand.isDone { return .errand(errand) }
                if failure == nil && !isAlone && completed < list.count && isSubmitted[completed] {
                    return .operation(list[completed], buffers[completed], step: step)
                }
                monitor.wait()
            }
        }
    }

    func completedOperation() {
        monitor.locked {
            completed += 1
            monitor.notify()
        }
    }

    func aborted() { monitor.locked { isAborted = true } }

    func completed(_ errand: Errand) {
        monitor.locked {
            errand.isDone = true
            self.errand = nil
            monitor.notify()
        }
    }

    /// The first failure is the one that everybody is told.
    func fail(_ error: CommunicationError) {
        monitor.locked {
            if failure == nil {
                failure = error
                failureTime = Clock.seconds
            }
            monitor.notify()
        }
    }
}
