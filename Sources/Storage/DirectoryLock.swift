import Glibc
import Runtime

/// The claim of one process on a directory, given up when the process ends, however it ends.
public final class DirectoryLock: Sendable {
    public let path: String
    private let descriptor: Int32

    /// Claims `directory` through its `.lock` file, which says who holds it.
    public init(directory: String) throws(StorageError) {
        let path = directory + "/.lock"
        let descriptor = open(path.systemPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fail("open the lock", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            guard errno == EWOULDBLOCK else { throw fail("lock", path) }
            throw .locked(path: directory, holder: Self.holder(descriptor))
        }
        let claim = Array("pid \(getpid()) on \(Self.host())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, claim, claim.count, 0) == claim.count else {
            defer { close(descriptor) }
            throw fail("write the lock", path, needed: UInt64(claim.count))
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)).prefix { $0 >= 32 }, as: UTF8.self)
        return text.isEmpty ? "another process" : text
    }

    private static func host() -> String {
        var name = [UInt8](repeating: 0, count: 256)
        let status = name.withUnsafeMutableBytes { gethostname($0.baseAddress!, 255) }
        return status == 0 ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : "an unnamed host"
    }
}
