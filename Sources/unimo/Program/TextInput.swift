import Glibc
import Runtime

/// Lines of standard input or of a file.
enum TextInput {
    struct Fault: DiagnosedError {
        let description: String
        var exitCode: Runtime.ExitCode { .data }
    }

    /// Calls `body` with each line of standard input, without its newline.
    static func standardLines(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        try lines(of: fdopen(STDIN_FILENO, "r"), name: "standard input", body)
    }

    /// Calls `body` with each line of a file, without its newline.
    static func lines(ofFile path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        let file = fopen(path, "re")
        defer { if let file { fclose(file) } }
        try lines(of: file, name: path, body)
    }

    private static func lines(
        of file: UnsafeMutablePointer<FILE>?, name: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        guard let file else { throw fault(name, "open") }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while case var count = getline(&line, &capacity, file), count >= 0, let start = line {
            if count > 0, start[count - 1] == CChar(bitPattern: UInt8(ascii: "\n")) { count -= 1 }
            try start.withMemoryRebound(to: UInt8.self, capacity: max(count, 1)) {
                try body(UnsafeBufferPointer(start: $0, count: count))
            }
        }
        guard ferror(file) == 0 else { throw fault(name, "read") }
    }

    private static func fault(_ name: String, _ action: String) -> Fault {
        Fault(description: "can't \(action) \(name): \(String(cString: strerror(errno)))")
    }
}
