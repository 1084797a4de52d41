import Collectives
import Glibc
import MPITransport
import Recipes
import Runtime

/// A command that runs on every rank of a job, or alone.
enum RankProgram {
    /// Connects, runs `body` and leaves in good order with the code that rank 0 decides. A failure that every rank knows of
    /// ends the job quietly; one that others can't know of tears it down.
    static func perform(
        computeThreads: Int?, deadline: Double, _ body: (CommunicationThread) throws -> Runtime.ExitCode
    ) throws {
        let communication = try CommunicationThread(
            computeThreads: computeThreads ?? Affinity.count, deadline: deadline
        ) {
            if MPITransport.launched() { return try MPITransport() }
            return LoopbackTransport.alone()
        }
        let code: Runtime.ExitCode
        do {
            code = try body(communication)
        } catch let failure as AgreedFailure {
            if failure.isOwn { Program.complain(failure.description) }
            code = failure.exitCode
        } catch {
            let code = Program.report(error)
            guard communication.size > 1 else { throw Ended(rawCode: code) }
            communication.abort(Runtime.ExitCode(rawValue: code) ?? .transport)
        }
        fflush(nil)
        throw Ended(rawCode: try communication.leave(code))
    }
}
