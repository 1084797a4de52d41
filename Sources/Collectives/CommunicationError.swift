public import Runtime

/// What ended the conversation between the ranks, and where.
public struct CommunicationError: DiagnosedError, Equatable {
    public enum Cause: Error, Equatable {
        /// Nothing moved for `seconds` while waiting for `what`.
        case deadline(seconds: Double, what: String)
        /// This rank's own work showed no sign of life for `seconds`.
        case stuck(seconds: Double)
        /// A transport call failed with the transport's own words.
        case transport(call: String, message: String)
        /// A peer ended the job.
        case aborted(byRank: Int, code: Int32)
        /// The ranks could not find each other.
        case launch(String)
        /// Shared memory could not be had.
        case memory(call: String, message: String)
    }

    /// The rank that met it, once it has one.
    public var rank: Int?
    /// The training step, where there is one.
    public var step: Int?
    public var operation: String
    public var cause: Cause

    public init(rank: Int?, step: Int? = nil, operation: String, cause: Cause) {
        self.rank = rank
        self.step = step
        self.operation = operation
        self.cause = cause
    }

    public var exitCode: ExitCode { .transport }

    public var description: String {
        let place = (rank.map { "rank \($0), " } ?? "") + (step.map { "step \($0), " } ?? "") + "\(operation): "
        switch cause {
        case .deadline(let seconds, let what):
            return place
                + "waited \(Int(seconds.rounded())) s for \(what); that rank is dead, stuck or slower than the "
                + "deadline: look at its log, or raise the deadline"
        case .stuck(let seconds):
            return place
                + "this rank has been at it without reading, writing or counting anything for \(Int(seconds.rounded())) s; "
                + "a file system that hangs does that: look at the disks of this rank, then start again to resume"
        case .transport(let call, let message):
            return place + "\(call) failed: \(message); a peer or the network is gone: start again to resume"
        case .aborted(let peer, let code):
            return place + "rank \(peer) ended the job with exit code \(code); its log says why"
        case .launch(let sentence):
            return place + sentence
        case .memory(let call, let message):
            return place + "\(call) failed: \(message); free memory on this node or raise the job's memory limit"
        }
    }
}
