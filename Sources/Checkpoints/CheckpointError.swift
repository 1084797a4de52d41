public import Runtime
public import Storage

/// What the world can do to a checkpoint.
public enum CheckpointError: DiagnosedError, Equatable {
    /// A file is missing, truncated or changed.
    case damaged(FileFault)
    /// Written by a version this program does not know.
    case unsupported(FileFault)
    /// The file is whole, but its tensor is not the one the model wants.
    case mismatch(FileFault)
    /// No room to save: `needed` bytes could not be written, `available` were left.
    case diskFull(path: String, needed: UInt64, available: UInt64)
    /// There are checkpoints under `directory`, but none is whole.
    case noneWhole(directory: String, faults: [String])
    /// The files can't be reached.
    case storage(StorageError)

    public var exitCode: ExitCode {
        // That somebody else uses a directory is no fault of it.
        if case .storage(.locked) = self { return .usage }
        return .checkpoint
    }

    public var description: String {
        switch self {
        case .damaged(let fault), .unsupported(let fault), .mismatch(let fault): fault.description
        case .diskFull(let path, let needed, let available):
            "\(path): no space for a checkpoint: \(needed) bytes needed, \(available) available; free some space, keep "
                + "fewer checkpoints, or choose another disk"
        case .noneWhole(let directory, let faults):
            "\(directory): there are checkpoints, but none is whole; nothing was trained. Repair or copy one back, or "
                + "remove them all to start anew:\n" + faults.map { "  \($0)" }.joined(separator: "\n")
        case .storage(let error): error.description
        }
    }

    /// A weight or moment that is NaN or infinite, in a file whose bytes are what was written.
    static func notFinite(_ path: String, _ name: String, _ found: String) -> CheckpointError {
        .mismatch(
            FileFault(
                path: path, expected: "finite numbers in `\(name)`", found: found,
                remedy: "nothing can be computed with it: go back to an older checkpoint"))
    }

    init(_ error: StorageError) {
        switch error {
        case .damaged(let fault): self = .damaged(fault)
        case .unsupported(let fault): self = .unsupported(fault)
        case .diskFull(let path, let needed, let available):
            self = .diskFull(path: path, needed: needed, available: available)
        case .system, .locked: self = .storage(error)
        }
    }

    /// Runs `body`; what the storage says is said as a checkpoint's error.
    public static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as StorageError { throw CheckpointError(error) }
    }
}
