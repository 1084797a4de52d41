import Glibc
import Storage

/// A directory of a test's own, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/corpora-tests-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw StorageError.system(path: "/tmp", operation: "make a directory", code: errno)
        }
        path = String(cString: made)
    }

    deinit { try? Directory.remove(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file, and the directories above it.
    func put(_ name: String, _ bytes: [UInt8]) throws {
        try Directory.create(Directory.parent(of: self(name)))
        try AtomicFile.write(bytes, to: self(name))
    }

    func put(_ name: String, _ text: String) throws { try put(name, Array(text.utf8)) }
}

/// Bytes that look random and are the same every time.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
    }
}

/// Bytes that begin like a PNG file.
func fakePNG(_ count: Int, seed: UInt64) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + noise(count, seed: seed)
}
