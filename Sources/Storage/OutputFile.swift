import Glibc
import Runtime

/// A file that is written front to back, and hashed on the way. It is not safe under its final name before `seal`: write it
/// inside a `StagedDirectory`, or use `AtomicFile`.
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

    /// A device or pipe, written into where it stands.
    init(stream path: String, faultPoint: String) throws(StorageError) {
        descriptor = open(path.systemPath, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw fail("open for writing", path) }
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
        // Devices and pipes know no flush and say EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw fail("flush", path) }
        let status = close(descriptor)
        descriptor = -1
        WorkPulse.beat()
        guard status == 0 else { throw fail("close", path) }
        return FileDigest(name: Directory.name(of: path), sha256: hash.take(), size: size)
    }
}
