import Glibc
import Runtime

/// A file of JSON lines that only grows: each row is one `write` at the end of the file, so that another process can
/// follow it and a killed one leaves at most its last row unfinished.
///
/// Rows begin with an integer, `{"step":12,…`. When a run resumes, rows from there on would be written again, so they
/// are cut off first, together with an unfinished last row. Rows reach the kernel at once; a power failure may lose the
/// last few seconds of them.
public final class RowFile {
    public let path: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - key: the integer that every row begins with.
    ///   - start: the first value of it that will be written.
    public convenience init(path: String, key: String = "step", startingAt start: Int) throws {
        try self.init(path: path, prefix: "{\"\(key)\":", startingAt: start)
    }

    /// - Parameter prefix: what stands before the integer in every row.
    public init(path: String, prefix: String, startingAt start: Int) throws {
        self.path = path
        descriptor = open(path.systemPath, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TelemetryError.system(path, "open it") }
        let kept = try keptBytes(prefix: Array(prefix.utf8), start: start)
        guard ftruncate(descriptor, kept) == 0, fsync(descriptor) == 0 else {
            throw TelemetryError.system(path, "cut off rows from \(start) on")
        }
    }

    deinit { close(descriptor) }

    /// Writes one row. A row that doesn't fit on the disk is taken back before the error is thrown.
    public func append(_ row: JSONValue) throws {
        var bytes = Array(row.text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        try Appending.write(bytes, to: descriptor, path: path, action: "append a row")
    }

    /// Bytes before the first row at or after `start`, or before an unfinished last row.
    private func keptBytes(prefix: [UInt8], start: Int) throws -> off_t {
        var scan = RowScan(prefix: prefix, start: start)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var offset: off_t = 0
        while scan.cut == nil {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw TelemetryError.system(path, "read it") }
            if count == 0 { break }
            for byte in buffer[..<count] where scan.cut == nil { scan.take(byte) }
            offset += off_t(count)
        }
        return off_t(scan.cut ?? scan.lineStart)
    }
}

/// Finds, byte by byte, the first row whose integer is at least `start`.
private struct RowScan {
    let prefix: [UInt8]
    let start: Int
    /// Where that row begins.
    private(set) var cut: Int?
    /// Where the current row begins.
    private(set) var lineStart = 0
    private var position = 0
    private var value: Int?
    /// Whether the current row still looks like the prefix and digits.
    private var isLeading = true

    init(prefix: [UInt8], start: Int) {
        self.prefix = prefix
        self.start = start
    }

    mutating func take(_ byte: UInt8) {
        let column = position - lineStart
        position += 1
        if byte == UInt8(ascii: "\n") {
            if let value, value >= start { cut = lineStart }
            (lineStart, value, isLeading) = (position, nil, true)
        } else if isLeading && column < prefix.count {
            isLeading = byte == prefix[column]
        } else if isLeading {
            let digit = Int(byte) - Int(UInt8(ascii: "0"))
            isLeading = (0...9).contains(digit)
            guard isLeading else { return }
            // No step has 18 digits.
            isLeading = (value ?? 0) < 1 << 58
            value = isLeading ? (value ?? 0) * 10 + digit : nil
        }
    }
}
