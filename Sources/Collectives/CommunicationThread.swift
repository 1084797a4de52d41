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
    /// Seconds without progress after which operations throw.
    public let deadline: Double
    private let transport: any Transport
    private let agenda: Agenda
    private let history: OperationHistory
    private let thread: Thread
    private let watchdog: Watchdog
    private let reducer: Box<Reducer?>
    /// Counts the processor time of the communication thread.
    private let clock: clockid_t
    private var isAttached = false
    private var hasEnded = false

    /// - Parameters:
    ///   - computeThreads: threads of this rank that compute, to know whether a core is left for polling; nil when they
    ///     take all there are.
    ///   - deadline: seconds without progress after which operations throw.
    ///   - onStall: called with the dump when the rank is stuck where no error can reach it (inside the transport, or
    ///     because nobody asks): it must end the process without touching the transport. Nil writes the dump to standard
    ///     error and exits with `ExitCode.transport`.
    ///   - connect: makes the transport; runs on the new thread.
    public init(
        computeThreads: Int? = nil, deadline: Double = 600, onStall: (@Sendable (String) -> Void)? = nil,
        connect: @escaping @Sendable () throws -> any Transport
    ) throws {
        let history = OperationHistory()
        let polling = PollingState()
        let connection = Connection()
        let reducer = Box<Reducer?>(nil)
        let watchdog = Watchdog(
            history: history, polling: polling, deadline: deadline, onStall: onStall ?? Watchdog.exit)
        thread = Thread(name: "communication") {
            let loop = CommunicationLoop(history: history, reducer: reducer, polling: polling)
            loop.run(connect, connection, computeThreads: computeThreads, deadline: deadline)
        }
        do {
            (transport, agenda, clock) = try connection.wait()
        } catch {
            thread.join()
            watchdog.stop()
            throw error
        }
        watchdog.watch(agenda, rank: transport.rank)
        self.deadline = deadline
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

    /// Runs `body` on the communication thread, where it may use the communicator; collective if it communicates. It is
    /// for communication: a body that computes longer than the deadline looks stuck.
    public func perform<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Communicator) throws -> Result
    ) throws -> Result {
        try start(name, body)()
    }

    /// Has `body` run on the communication thread, as `perform` does; what is returned waits for its result.
    func start<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Communicator) throws -> Result
    ) throws -> () throws -> Result {
        let result = Box<Swift.Result<Result, any Error>?>(nil)
        let agenda = self.agenda
        let errand = Agenda.Errand(name: name) { communicator in
            let outcome = Swift.Result { try body(communicator) }
            result.value = outcome
            if case .failure(let error as CommunicationError) = outcome { agenda.fail(error) }
        }
        try agenda.start(errand)
        return {
            try agenda.wait(for: errand)
            return try result.value!.get()
        }
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
        let code = code == .done ? ExitCode.transport : code
        agenda.requestAbort(code)
        // The transport may end the process itself; if its thread is stuck, the launcher sees this exit.
        let end = Clock.seconds + 2
        while !agenda.hasAborted && Clock.seconds < end { usleep(1000) }
        _exit(code.rawValue)
    }

    /// The last operations, one line each.
    public var recentOperations: [String] { history.lines }
}
