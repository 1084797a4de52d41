import Glibc
import Runtime

/// A file that appears under its name complete, or not at all; whatever a command is told to write goes through here.
///
/// What stands at the place already decides: a regular file is replaced in one step; a link is followed and what it leads to
/// is written, the link stays; a device or a pipe is written into where it stands; anything else (a directory, a socket, a
/// disk) is refused.
public enum AtomicFile {
    private enum Place {
        /// Nothing or a regular file stands here.
        case file(String)
        case stream
    }

    /// Writes `bytes` beside the place, flushes, renames over it, flushes the directory. On failure nothing is left.
    @discardableResult public static func write(
        _ bytes: [UInt8], to path: String, faultPoint: String = "storage"
    ) throws -> FileDigest {
        try write(to: path, faultPoint: faultPoint) { file in
            try file.write(bytes)
            return try file.seal()
        }
    }

    /// - Parameter body: writes the file and returns what `seal` said.
    @discardableResult public static func write(
        to path: String, faultPoint: String = "storage", _ body: (OutputFile) throws -> FileDigest
    ) throws -> FileDigest {
        guard case .file(let target) = try place(path) else {
            return try body(OutputFile(stream: path, faultPoint: faultPoint))
        }
        let temporary = "\(target).\(getpid()).tmp"
        do {
            var digest = try body(OutputFile(path: temporary, faultPoint: faultPoint))
            try FaultPoint.visit("\(faultPoint).rename")
            try Directory.rename(temporary, to: target)
            digest.name = Directory.name(of: path)
            return digest
        } catch {
            unlink(temporary.systemPath)
            throw error
        }
    }

    /// Throws what writing to `path` would meet, before there is anything to write.
    public static func check(_ path: String) throws(StorageError) {
        guard case .file(let target) = try place(path) else {
            guard access(path.systemPath, W_OK) == 0 else { throw fail("write to", path) }
            return
        }
        let parent = Directory.parent(of: target)
        guard Directory.kind(of: parent) != .file else {
            throw .system(path: path, operation: "create", code: ENOTDIR)
        }
        guard access(parent.systemPath, W_OK | X_OK) == 0 else { throw fail("create", path) }
    }

    private static func place(_ path: String) throws(StorageError) -> Place {
        guard !path.isEmpty, path.last != "/" else {
            throw refused(path, found: path.isEmpty ? "nothing" : "the name of a directory")
        }
        var status = stat()
        guard stat(path.systemPath, &status) == 0 else {
            guard errno == ENOENT else { throw fail("create", path) }
            return .file(try target(of: path))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(try target(of: path))
        case S_IFCHR, S_IFIFO: return .stream
        case S_IFDIR: throw refused(path, found: "a directory")
        case S_IFBLK: throw refused(path, found: "a disk")
        default: throw refused(path, found: "a socket")
        }
    }

    private static func refused(_ path: String, found: String) -> StorageError {
        .unsupported(
            FileFault(
                path: path, expected: "a place for a file", found: found, remedy: "name the file that is to be written")
        )
    }

    /// Where links lead from `path`, which may be a place where nothing is yet.
    private static func target(of path: String) throws(StorageError) -> String {
        var place = path
        for _ in 0..<40 {
            var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = bytes.withUnsafeMutableBytes { readlink(place.systemPath, $0.baseAddress!, $0.count) }
            guard count >= 0 else { return place }
            let link = ForeignName.text(bytes[..<count])
            place = link.hasPrefix("/") ? link : Directory.parent(of: place) + "/" + link
        }
        throw .system(path: path, operation: "follow the link", code: ELOOP)
    }
}
