import Glibc
import Runtime
import Synchronization

/// A value that one thread fills for another, which reads it after they have met in the agenda.
final class Box<Value>: @unchecked Sendable {
    // Safety: see above; there is never more than one thread that may touch it.
    var value: Value
    init(_ value: Value) { self.value = value }
}

/// Hands the transport over to the creator of the thread.
final class Connection: @unchecked Sendable {
    // Safety: `outcome` is touched only while `monitor` is locked.
    typealias Outcome = (transport: any Transport, agenda: Agenda, clock: clockid_t)
    private let monitor = Monitor()
    private var outcome: Result<Outcome, any Error>?

    func set(_ result: Result<Outcome, any Error>) {
        monitor.locked {
            outcome = result
            monitor.notify()
        }
    }

    func wait() throws -> Outcome {
        try monitor.locked {
            while outcome == nil { monitor.wait() }
            return try outcome!.get()
        }
    }
}

/// What the communication thread does from its first line to its last.
struct CommunicationLoop {
    let history: OperationHistory
    let reducer: Box<Reducer?>
    let polling: PollingState

    func run(
        _ connect: () throws -> any Transport, _ connection: Connection, computeThreads: Int?, deadline: Double
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
        serve(agenda, communicator)
        reducer.value = nil
    }

    private func serve(_ agenda: Agenda, _ communicator: Communicator) {
        while true {
            switch agenda.next() {
            case .stop: return
            case .abort(let code):
                communicator.transport.abort(code)
                return agenda.aborted()
            case .errand(let errand):
                communicator.operation = errand.name
                history.begin(errand.name, step: communicator.step ?? 0)
                errand.body(communicator)
                history.end()
                agenda.completed(errand)
            case .operation(let operation, let buffers, let step):
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
    func findSpareCore(computeThreads: Int?) throws {
        let cpus = Affinity.cpus
        let mask = cpus.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let masks = try allGather(mask)
        let node = transport.topology.nodes[rank]
        let sharers = masks.indices.count { transport.topology.nodes[$0] == node && masks[$0] == mask }
        let isSpare = computeThreads.map { cpus.count > sharers * $0 } ?? false
        polling.hasSpareCore.store(isSpare, ordering: .relaxed)
        polling.isCrowded.store(sharers > cpus.count, ordering: .relaxed)
    }
}
