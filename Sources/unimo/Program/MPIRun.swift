import Collectives
import Glibc
import MPITransport
import Runtime
import Synchronization

/// Work of a launched rank: connects, runs, leaves in good order.
enum MPIRun {
    /// Runs `body` on every rank. An error on one rank ends the whole job with that error's code.
    static func perform(_ body: (CommunicationThread, MPITransport) throws -> Void) throws {
        let connected = Mutex<MPITransport?>(nil)
        let thread = try CommunicationThread {
            let transport = try MPITransport()
            connected.withLock { $0 = transport }
            return transport
        }
        guard let transport = connected.withLock({ $0 }) else { return }
        do {
            try body(thread, transport)
            fflush(nil)
        } catch {
            let code = Program.report(error)
            thread.abort(Runtime.ExitCode(rawValue: code) ?? .transport)
        }
        throw Ended(rawCode: try thread.leave(.done))
    }
}
