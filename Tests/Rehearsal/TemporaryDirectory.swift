import Glibc
import Storage

/// A directory of a test's own, removed at the end.
public final class TemporaryDirectory {
    public let path: String

    public init() throws {
        var template = Array("/tmp/unimo-tests-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw StorageError.system(path: "/tmp", operation: "make a directory", code: errno)
        }
        path = String(cString: made)
    }

    deinit { try? Directory.remove(path) }

    /// The path of a file in it.
    public func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file, and the directories above it.
    public func put(_ name: String, _ bytes: [UInt8]) throws {
        try Directory.create(Directory.parent(of: self(name)))
        try AtomicFile.write(bytes, to: self(name))
    }

    public func put(_ name: String, _ text: String) throws { try put(name, Array(text.utf8)) }

    /// The bytes of a file, and its text.
    public func bytes(_ name: String) throws -> [UInt8] { try InputFile.contents(of: self(name), limit: 1 << 30) }
    public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
}

/// Bytes that look random and are the same every time.
public func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
    }
}
