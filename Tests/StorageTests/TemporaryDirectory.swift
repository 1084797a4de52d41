import Glibc
import Storage

/// A directory of a test's own, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/storage-tests-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw StorageError.system(path: "/tmp", operation: "make a directory", code: errno)
        }
        path = String(cString: made)
    }

    deinit { try? Directory.remove(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
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

/// Runs a command; its exit code and what it printed.
func shell(_ command: String) -> (code: Int32, output: String) {
    guard let pipe = popen("(\(command)) 2>&1", "r") else { return (-1, "") }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = fread(&piece, 1, piece.count, pipe)
        if count == 0 { break }
        output += piece[..<count]
    }
    let status = pclose(pipe)
    return (status >> 8 & 0xff, String(decoding: output, as: UTF8.self))
}
