import Glibc
import Runtime

/// The lines of a text file, plain or compressed, read piece by piece.
public struct TextLines {
    /// Bytes of one line at most.
    public static let lineLimit = 16 << 20

    /// A line as bytes, without its end; `isTooLong` when it was cut at the limit.
    public struct Line {
        /// Counted from 1.
        public var number: Int
        /// Where it begins in the decoded file.
        public var offset: UInt64
        public var bytes: [UInt8]
        public var isTooLong = false

        /// The line as text without the white space around it.
        public var text: String {
            get throws(ForeignText.Fault) { TextLines.trimmed(try ForeignText.utf8(bytes)) }
        }
        /// The bytes without the carriage return that Windows puts before a line end.
        public var content: ArraySlice<UInt8> { bytes.last == 13 ? bytes.dropLast() : bytes[...] }
        public var isBlank: Bool { bytes.allSatisfy { $0 == 32 || (9...13).contains($0) } }
    }

    private let stream: DecodedStream
    private let limit: Int
    private var number: Int

    /// - Parameters:
    ///   - offset: where a line begins in the decoded file, and `line`: lines before it.
    ///   - limit: bytes of one line at most.
    public init(path: String, at offset: UInt64 = 0, line: Int = 0, limit: Int = lineLimit) throws(StorageError) {
        stream = try DecodedStream(path: path, at: offset)
        number = line
        self.limit = limit
        if offset == 0 { try Self.begin(stream) }
    }

    /// Bytes of the file read so far.
    public var consumed: UInt64 { stream.consumed }
    /// Where the next line begins, and lines before it.
    public var offset: UInt64 { stream.offset }
    public var lineNumber: Int { number }

    public mutating func next() throws(StorageError) -> Line? {
        if stream.buffer.isEmpty, try !stream.fill() { return nil }
        number += 1
        var line = Line(number: number, offset: stream.offset, bytes: [])
        repeat {
            let end = Self.lineEnd(stream.buffer)
            let part = stream.buffer.prefix(end ?? stream.buffer.count)
            if line.bytes.count + part.count <= limit { line.bytes += part } else { line.isTooLong = true }
            stream.drop(part.count + (end == nil ? 0 : 1))
            if end != nil { return line }
        } while try stream.fill()
        return line
    }

    /// Bytes before the first line end; nil when there is none.
    private static func lineEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base, 10, buffer.count) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Passes over the byte order mark of a text, and refuses what is in another encoding.
    public static func begin(_ stream: DecodedStream) throws(StorageError) {
        while stream.buffer.count < 256, try stream.fill() {}
        if let fault = ForeignText.encoding(ofBeginning: stream.buffer) {
            throw .unsupported(
                FileFault(
                    path: stream.path, offset: 0, expected: "text in UTF-8", found: fault.found, remedy: fault.remedy))
        }
        if stream.buffer.starts(with: ForeignText.mark) { stream.drop(ForeignText.mark.count) }
    }

    /// True when a blank line stands between two others.
    public static func hasParagraphs(path: String) throws(StorageError) -> Bool {
        var lines = try TextLines(path: path)
        var hasText = false
        var hasGap = false
        while let line = try lines.next() {
            if line.isBlank {
                hasGap = hasText
            } else {
                if hasGap { return true }
                hasText = true
            }
        }
        return false
    }

    /// The text without white space at both ends.
    public static func trimmed(_ text: String) -> String {
        let kept = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = kept.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(kept[...last])
    }
}
