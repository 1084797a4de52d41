import Glibc
import Runtime

/// A new file, hashed while it is written. It is not safe under its final name before `seal`: write it inside a
/// `StagedDirectory`, or use `AtomicFile`.
public final class OutputFile {
    public let path: String
    /// Bytes written so far.
    public private(set) var size: UInt64 = 0
    private var descriptor: Int32
    private let hash = SHA256Box()
    private let faultPoint: String

    /// The running hash, boxed because a class can't give a noncopyable member away.
    private final class SHA256Box {
        private var hash: SHA256? = SHA256()
        func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }
        func take() -> String {
            precondition(hash != nil, "a file is sealed once")
            return hash.take()!.hex()
        }
    }

    /// - Parameter faultPoint: the prefix of the fault points `….write` and `….fsync` visited here.
    public init(path: String, faultPoint: String = "storage") throws(StorageError) {
        descriptor = open(path.systemPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fail("create", path) }
        self.path = path
        self.faultPoint = faultPoint
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(descriptor >= 0, "\(path) is sealed")
        try FaultPoint.visit("\(faultPoint).write")
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
            if count < 0 {
                if errno == EINTR { continue }
                throw fail("write", path, needed: UInt64(bytes.count - done))
            }
            done += count
            WorkPulse.beat()
        }
        hash.update(bytes)
        size += UInt64(bytes.count)
    }

    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Makes the bytes survive a power failure, closes the file and says what it holds.
    @discardableResult public func seal() throws -> FileDigest {
        try FaultPoint.visit("\(faultPoint).fsync")
        guard fsync(descriptor) == 0 else { throw fail("flush", path) }
        let status = close(descriptor)
        descriptor = -1
        WorkPulse.beat()
        guard status == 0 else { throw fail("close", path) }
        return FileDigest(name: Directory.name(of: path), sha256: hash.take(), size: size)
    }
}

/// A file that appears under its name complete, or not at all.
public enum AtomicFile {
    /// Writes `bytes` beside `path`, flushes, renames over `path`, flushes the directory. On failure nothing is left.
    @discardableResult public static func write(
        _ bytes: [UInt8], to path: String, faultPoint: String = "storage"
    ) throws -> FileDigest {
        let temporary = "\(path).\(getpid()).tmp"
        do {
            let file = try OutputFile(path: temporary, faultPoint: faultPoint)
            try file.write(bytes)
            var digest = try file.seal()
            try FaultPoint.visit("\(faultPoint).rename")
            try Directory.rename(temporary, to: path)
            digest.name = Directory.name(of: path)
            return digest
        } catch {
            unlink(temporary.systemPath)
            throw error
        }
    }
}

/// A directory that appears under its name complete, or not at all: files go into a staging directory, which `commit`
/// renames.
public struct StagedDirectory: Sendable {
    /// The final path.
    public let path: String
    /// Where files are written until then.
    public let staging: String
    private let faultPoint: String

    /// - Parameter staging: on the same file system; `path` + `.tmp` when nil.
    public init(path: String, staging: String? = nil, faultPoint: String = "storage") {
        self.path = path
        self.faultPoint = faultPoint
        self.staging = staging ?? path + ".tmp"
    }

    /// Makes the staging directory, empty: what an earlier attempt left is removed.
    public func begin() throws {
        try Directory.remove(staging)
        try Directory.create(staging)
    }

    /// A new file in the staging directory.
    public func create(_ name: String) throws -> OutputFile {
        try OutputFile(path: staging + "/" + name, faultPoint: faultPoint)
    }

    /// Renames the finished directory into place. Every file must have been sealed.
    public func commit() throws {
        try FaultPoint.visit("\(faultPoint).fsync")
        try Directory.flush(staging)
        try FaultPoint.visit("\(faultPoint).rename")
        try Directory.rename(staging, to: path)
        try FaultPoint.visit("\(faultPoint).renamed")
    }

    /// Removes the staging directory and what is in it.
    public func discard() throws { try Directory.remove(staging) }
}
