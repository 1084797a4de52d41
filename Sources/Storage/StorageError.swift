import Glibc
public import Runtime

/// What the world can do to a stored file.
public enum StorageError: DiagnosedError, Equatable {
    /// The bytes are not what the format or a checksum promises.
    case damaged(FileFault)
    /// The bytes may be fine, but this program does not store or read such a thing.
    case unsupported(FileFault)
    /// The operating system refused `operation` with `code` (an `errno`).
    case system(path: String, operation: String, code: Int32)
    /// No room: `needed` bytes could not be written, `available` were left.
    case diskFull(path: String, needed: UInt64, available: UInt64)
    /// Another process holds the directory.
    case locked(path: String, holder: String)

    public var exitCode: ExitCode {
        switch self {
        case .locked: .usage
        default: .data
        }
    }

    public var description: String {
        switch self {
        case .damaged(let fault), .unsupported(let fault): fault.description
        case .system(let path, let operation, let code):
            "\(path): can't \(operation): \(String(cString: strerror(code)))\(Self.remedy(code))"
        case .diskFull(let path, let needed, let available):
            "\(path): no space left: \(needed) bytes needed, \(available) available; free some space or choose "
                + "another disk"
        case .locked(let path, let holder):
            "\(path): in use by \(holder); wait for it to end, stop it, or choose another directory"
        }
    }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOENT: "; check the path"
        case EACCES, EPERM, EROFS: "; check the permissions"
        case EMFILE, ENFILE: "; raise `ulimit -n`"
        case EIO: "; the disk or its network share reports a hardware error"
        default: ""
        }
    }
}

/// Throws what `errno` says about a failed call.
func fail(_ operation: String, _ path: String, needed: UInt64 = 0) -> StorageError {
    let code = errno
    guard code == ENOSPC || code == EDQUOT else { return .system(path: path, operation: operation, code: code) }
    return .diskFull(path: path, needed: needed, available: Directory.availableBytes(at: path))
}
