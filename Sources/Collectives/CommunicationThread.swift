import Glibc
public import Runtime
import Synchronization

/// The one thread that owns the transport, from connecting to closing, and executes each step's operations in list
/// order while the step computes. It sleeps while nothing is in flight.
public final class CommunicationThread: @unchecked Sendable {
    // Safety: `agenda` locks itself; `reducer` is written and read by the communication thread alone; the rest is
    // written once, in `init`, by the thread that trains, or by `leave` and `abort`, which end the use of the object.
    public let rank: Int
    public let size: Int
    public let topology: Topology
    private let transport: any Transport
    private let agenda: Agenda
    private let history: OperationHistory
    private let thread: Thread
    private let watchdog: Watchdog
    private let reducer: Slot<Reducer?>
    /// Counts the processor time of the communication thread.
    private let clock: clockid_t
    private var isAttached = false
    private var hasEnded = false

    private final class Slot<Value>: @unchecked Sendable {
        // Safety: used by the communication thread alone.
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    /// - Parameters:
    ///   - computeThreads: threads of this rank that compute, to know whether a core is left for polling.
    ///   - deadline: seconds without progress after which operations throw.
    ///   - onStall: called with the dump when the rank is stuck where no error can reach it (inside the transport, or
    ///     because nobody asks): it must end the process without touching the transport. Nil writes the dump to standard
    ///     error and exits with `ExitCode.transport`.
    ///   - connect: makes the transport; runs on the new thread.
    public init(
        computeThreads: Int = 1, deadline: Double = 600, onStall: (@Sendable (String) -> Void)? = nil,
        connect: @escaping @Sendable () throws -> any Transport
    ) throws {
        let history = OperationHistory()
        let polling = PollingState()
        let connection = Connection()
        let reducer = Slot<Reducer?>(nil)
        let watchdog = Watchdog(
            history: history, polling: polling, deadline: deadline, onStall: onStall ?? Watchdog.exit)
        thread = Thread(name: "communication") {
            Self.run(
                connect: connect, connection: connection, history: history, reducer: reducer, polling: polling,
                computeThreads: computeThreads, deadline: deadline)
        }
        do {
            (transport, agenda, clock) = try connection.wait()
        } catch {
            thread.join()
            watchdog.stop()
            throw error
        }
        watchdog.watch(agenda, rank: transport.rank)
        self.watchdog = watchdog
        self.history = history
        self.reducer = reducer
        rank = transport.rank
        size = transport.size
        topology = transport.topology
    }

    deinit { end() }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        agenda.stop()
        thread.join()
        watchdog.stop()
    }

    // MARK: - A step

    /// Starts a step's list; the one before must be finished.
    public func begin(_ list: [Operation], step: Int) {
        precondition(
            size == 1 || isAttached || !list.contains { if case .reduce = $0 { true } else { false } },
            "gradients are reduced before a region is attached")
        for case .gather(let name, let counts) in list {
            precondition(counts.count == size, "\(name) has counts of \(counts.count) ranks, the job has \(size)")
        }
        agenda.begin(list, step: step)
    }

    /// The range of a `reduce` is final on this rank, or a `barrier` is reached.
    public func submit(_ index: Int) { agenda.submit(index, OperationBuffers()) }

    /// The numbers of a `sum` are ready; they belong to the operation until it is done.
    public func submit(_ index: Int, sums: UnsafeMutableBufferPointer<Double>) {
        agenda.submit(index, OperationBuffers(sums: sums))
    }

    /// This rank's rows of a `gather` are ready, for `gathered`, which holds everybody's; `rows` may be the place in
    /// `gathered` where they belong.
    public func submit(
        _ index: Int, rows: UnsafeBufferPointer<Float>, into gathered: UnsafeMutableBufferPointer<Float>
    ) {
        agenda.submit(index, OperationBuffers(rows: rows, gathered: gathered))
        if size == 1, let source = rows.baseAddress, let target = gathered.baseAddress, source != UnsafePointer(target)
        {
            target.update(from: source, count: rows.count)
        }
    }

    /// Returns when the operation is done; it and all before it must have been submitted.
    public func wait(_ index: Int) throws { try agenda.wait(index) }

    /// Returns when the whole list is done.
    public func finish() throws { try agenda.finish() }

    /// Seconds that callers have spent waiting, since the start: communication that no computation hid.
    public var exposedSeconds: Double { agenda.waitedSeconds }

    // MARK: - Between steps

    /// Runs `body` on the communication thread, where it may use the communicator; collective if it communicates.
    public func perform<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Communicator) throws -> Result
    ) throws -> Result {
        let result = Slot<Swift.Result<Result, any Error>?>(nil)
        let agenda = self.agenda
        try agenda.perform(
            Agenda.Errand(name: name) { communicator in
                let outcome = Swift.Result { try body(communicator) }
                result.value = outcome
                if case .failure(let error as CommunicationError) = outcome { agenda.fail(error) }
            })
        return try result.value!.get()
    }

    /// Prepares `region` for `reduce` operations; collective. Returns the way of reduction in effect and, where it is not
    /// the one asked for, a sentence that says why.
    public func attach(
        gradients region: SharedRegion, reduction: Reduction
    ) throws -> (reduction: Reduction, note: String?) {
        let slot = reducer
        isAttached = true
        return try perform("mapping gradients") { communicator in
            let reducer = try Reducer(reduction, region: region, communicator: communicator)
            slot.value = reducer
            return (reducer.reduction, reducer.note)
        }
    }

    /// Memory for `count` Float32 gradients, prepared for `reduce` operations; collective. It is shared only where the
    /// reduction asks for it.
    public func allocateGradients(
        count: Int, reduction: Reduction
    ) throws -> (region: SharedRegion, reduction: Reduction, note: String?) {
        let isShared = size > 1 && reduction != .ring
        let region = try SharedRegion(byteCount: count * 4, name: "gradients", isShared: isShared)
        let attached = try attach(gradients: region, reduction: reduction)
        return (region, attached.reduction, attached.note)
    }

    public func barrier(_ name: String) throws { try perform(name) { try $0.barrier() } }

    /// Processor seconds that the communication thread has used.
    public var processorSeconds: Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    // MARK: - The end

    /// Agrees on how the job ends and leaves the transport in good order; collective, after all files are closed.
    ///
    /// Returns what this process must exit with: the first failing rank's code on rank 0, which returns last, and 0
    /// elsewhere, because a launcher kills the others as soon as one rank exits otherwise.
    public func leave(_ code: ExitCode) throws -> Int32 {
        let transport = self.transport
        let codes = try perform("leaving") { communicator in
            let codes = try communicator.allGather([UInt8(truncatingIfNeeded: code.rawValue)])
            do throws(CommunicationError.Cause) {
                try transport.close()
            } catch {
                throw communicator.located(error)
            }
            return codes.map { Int32($0[0]) }
        }
        end()
        let agreed = codes.first { $0 != 0 } ?? 0
        guard rank == 0 else { return 0 }
        if agreed != 0 && size > 1 { usleep(200_000) }
        return agreed
    }

    /// Ends the whole job at once with `code`: for errors that the other ranks cannot know of.
    public func abort(_ code: ExitCode) -> Never {
        agenda.requestAbort(code == .done ? .transport : code)
        // The communication thread ends the process; if it is stuck, the launcher sees this exit.
        usleep(2_000_000)
        _exit(code.rawValue)
    }

    /// The last operations, one line each.
    public var recentOperations: [String] { history.lines }

    // MARK: - The thread

    /// Hands the transport over to the creator of the thread.
    private final class Connection: @unchecked Sendable {
        // Safety: `outcome` is touched only while `monitor` is locked.
        private let monitor = Monitor()
        private var outcome: Swift.Result<(any Transport, Agenda, clockid_t), any Error>?

        func set(_ result: Swift.Result<(any Transport, Agenda, clockid_t), any Error>) {
            monitor.locked {
                outcome = result
                monitor.notify()
            }
        }

        func wait() throws -> (any Transport, Agenda, clockid_t) {
            try monitor.locked {
                while outcome == nil { monitor.wait() }
                return try outcome!.get()
            }
        }
    }

    private static func run(
        connect: () throws -> any Transport, connection: Connection, history: OperationHistory,
        reducer: Slot<Reducer?>, polling: PollingState, computeThreads: Int, deadline: Double
    ) {
        history.begin("connecting", step: 0)
        polling.beat(at: Clock.seconds)
        var clock = clockid_t()
        pthread_getcpuclockid(pthread_self(), &clock)
        let communicator: Communicator
        let agenda: Agenda
        do {
            let transport = try connect()
            communicator = Communicator(transport: transport, deadline: deadline, polling: polling)
            agenda = Agenda(polling: polling, isAlone: transport.size == 1)
            try communicator.findSpareCore(computeThreads: computeThreads)
            history.end()
            connection.set(.success((transport, agenda, clock)))
        } catch {
            history.end()
            connection.set(.failure(error))
            return
        }
        serve(agenda, communicator, history, reducer)
        reducer.value = nil
    }

    private static func serve(
        _ agenda: Agenda, _ communicator: Communicator, _ history: OperationHistory, _ reducer: Slot<Reducer?>
    ) {
        while true {
            switch agenda.next() {
            case .stop: return
            case .abort(let code): return communicator.transport.abort(code)
            case .errand(let errand):
                communicator.operation = errand.name
                history.begin(errand.name, step: communicator.step ?? 0)
                errand.body(communicator)
                history.end()
                agenda.completed(errand)
            case .operation(_, let operation, let buffers, let step):
                communicator.operation = operation.name
                communicator.step = step
                history.begin(operation.name, step: step)
                do {
                    try communicator.execute(operation, buffers, reducer: reducer.value)
                    history.end()
                    agenda.completedOperation()
                } catch {
                    history.end()
                    agenda.fail(communicator.diagnosed(error))
                }
            }
        }
    }
}

extension Communicator {
    func diagnosed(_ error: any Error) -> CommunicationError {
        error as? CommunicationError ?? located(.transport(call: operation, message: "\(error)"))
    }

    /// Compares the affinity masks of the node's ranks: polling may be eager only where the computing threads of all
    /// ranks that share this one's mask leave a core.
    func findSpareCore(computeThreads: Int) throws {
        let cpus = Affinity.cpus
        let mask = cpus.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let masks = try allGather(mask)
        let node = transport.topology.nodes[rank]
        let sharers = masks.indices.count { transport.topology.nodes[$0] == node && masks[$0] == mask }
        polling.hasSpareCore.store(cpus.count > sharers * computeThreads, ordering: .relaxed)
        polling.isCrowded.store(sharers > cpus.count, ordering: .relaxed)
    }
}
