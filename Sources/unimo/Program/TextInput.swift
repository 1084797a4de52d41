import Glibc
import Runtime
import Storage

/// Lines of standard input or of a file.
enum TextInput {
    struct Fault: DiagnosedError {
        let description: String
        var exitCode: Runtime.ExitCode { .data }
    }

    /// Bytes of a line of a file at most.
    private static let lineLimit = 256 << 20

    /// Calls `body` with each line of standard input, without its newline.
    static func standardLines(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        guard let file = fdopen(STDIN_FILENO, "r") else { throw fault("open") }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while case var count = getline(&line, &capacity, file), count >= 0, let start = line {
            if count > 0, start[count - 1] == CChar(bitPattern: UInt8(ascii: "\n")) { count -= 1 }
            try start.withMemoryRebound(to: UInt8.self, capacity: max(count, 1)) {
                try body(UnsafeBufferPointer(start: $0, count: count))
            }
        }
        guard ferror(file) == 0 else { throw fault("read") }
    }

    private static func fault(_ action: String) -> Fault {
        Fault(description: "can't \(action) standard input: \(String(cString: strerror(errno)))")
    }

    /// Calls `body` with each line of a text file, without its line end: plain or compressed, as a source of a corpus is read.
    static func lines(ofFile path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        var lines = try TextLines(path: path, limit: lineLimit)
        while let line = try lines.next() {
            guard !line.isTooLong else {
                throw Fault(description: "\(path):\(line.number): a line of more than \(lineLimit) bytes; cut it")
            }
            try line.content.withUnsafeBufferPointer(body)
        }
    }
}
