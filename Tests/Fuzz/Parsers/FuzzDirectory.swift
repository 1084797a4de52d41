import Glibc
import Storage

/// A directory of one fuzzer's own, in memory where the system has a place for that, removed at the end.
public final class FuzzDirectory {
    public let path: String

    public init() throws {
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(root)/unimo-fuzz-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw StorageError.system(path: root, operation: "make a directory", code: errno)
        }
        path = String(cString: made)
    }

    deinit { try? Directory.remove(path) }

    /// The path of a file in it.
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file, without flushing it to a disk; directories above it must be there.
    /// - Returns: its path.
    @discardableResult func put(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = self(name)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.system(path: file, operation: "open", code: errno) }
        defer { close(descriptor) }
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw StorageError.system(path: file, operation: "write", code: errno)
        }
        return file
    }

    @discardableResult func put(_ name: String, _ text: String) throws -> String { try put(name, Array(text.utf8)) }

    /// An empty directory under that name.
    func clean(_ name: String) throws -> String {
        try Directory.remove(self(name))
        try Directory.create(self(name))
        return self(name)
    }
}
