import Glibc
import Runtime

/// Standard output: the results. All of it is written or the command fails; nothing else in this program writes there.
enum StandardOutput {
    /// Whoever read standard output has gone, as `head` does when it has enough: no failure, and no more is written.
    struct ReaderGone: Error {}

    /// Writes bytes as they are.
    static func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(STDOUT_FILENO, base, min(rest.count, 1 << 30))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    static func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Writes text that may colour the terminal: of this program's own making, with nothing of others in it.
    static func write(sequence text: String) throws { try write(Array(text.utf8)) }

    /// Writes lines for people, control characters in them written out.
    static func write(lines: [String]) throws {
        try write(Array((lines.map(\.printable).joined(separator: "\n") + "\n").utf8))
    }

    private static func failure(_ code: Int32) -> any Error {
        if code == EPIPE { return ReaderGone() }
        return UsageError(
            description: "standard output: can't write: \(String(cString: strerror(code))); what was to be said is lost"
        )
    }

    /// Makes sure that the three standard descriptors are taken: a file opened in the place of a closed one would be written
    /// into as if it were the terminal. What stands in for a closed one refuses what the closed one would have.
    static func claimStandardDescriptors() {
        for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the one that was closed.
            _ = open("/dev/null", mode)
        }
    }
}

/// Standard output through a buffer.
struct TextOutput: ~Copyable {
    private var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) throws {
        bytes += more
        if bytes.count >= 1 << 16 { try flush() }
    }

    mutating func flush() throws {
        try StandardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
