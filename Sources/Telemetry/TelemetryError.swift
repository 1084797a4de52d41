import Glibc
public import Runtime

/// A file of a run's records could not be written.
public struct TelemetryError: DiagnosedError, Equatable {
    public let path: String
    /// What was being done, for example `append a row`.
    public let action: String
    public let reason: String
    public let remedy: String

    public var exitCode: ExitCode { .checkpoint }
    public var description: String { "\(path): can't \(action): \(reason); \(remedy)" }

    /// The fault `errno` tells of.
    static func system(_ path: String, _ action: String) -> TelemetryError {
        let code = errno
        let remedy =
            switch code {
            case ENOSPC, EDQUOT: "free some space and resume"
            case EACCES, EROFS, EPERM: "make the run directory writable"
            case ENOENT: "the run directory must exist"
            default: "check the file system of the run directory"
            }
        return TelemetryError(path: path, action: action, reason: String(cString: strerror(code)), remedy: remedy)
    }
}
