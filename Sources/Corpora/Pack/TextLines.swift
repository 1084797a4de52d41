import Glibc
import Storage

/// The lines of a text file, plain or compressed, read piece by piece.
struct TextLines {
    /// Bytes of one line at most.
    static let lineLimit = 16 << 20

    /// A line as bytes, without its end; `isTooLong` when it was cut at the limit.
    struct Line {
        /// Counted from 1.
        var number: Int
        /// Where it begins in the decoded file.
        var offset: UInt64
        var bytes: [UInt8]
        var isTooLong = false

        /// The line as text without the blanks around it; nil when it is not UTF-8.
        var text: String? { String(validating: bytes, as: UTF8.self).map { TextLines.trimmed($0) } }
        var isBlank: Bool { bytes.allSatisfy { $0 == 32 || (9...13).contains($0) } }
    }

    private let stream: DecodedStream
    private let limit: Int
    private var number: Int

    /// - Parameters:
    ///   - place: the beginning of a line.
    ///   - limit: bytes of one line at most.
    init(path: String, at place: UnitPlace = UnitPlace(), limit: Int = lineLimit) throws {
        stream = try DecodedStream(path: path, at: place.offset)
        number = place.line
        self.limit = limit
        if place.offset == 0 { try Self.skipMark(stream) }
    }

    /// Bytes of the file read so far.
    var consumed: UInt64 { stream.consumed }
    /// Where the next line begins, and lines before it.
    var offset: UInt64 { stream.offset }
    var lineNumber: Int { number }

    mutating func next() throws -> Line? {
        guard try !stream.buffer.isEmpty || stream.fill() else { return nil }
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
    static func lineEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base, 10, buffer.count) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Passes over the byte order mark.
    static func skipMark(_ stream: DecodedStream) throws {
        while stream.buffer.count < 3, try stream.fill() {}
        if stream.buffer.starts(with: [0xEF, 0xBB, 0xBF]) { stream.drop(3) }
    }

    /// True when a blank line stands between two others.
    static func hasParagraphs(path: String) throws -> Bool {
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
    static func trimmed(_ text: String) -> String {
        let kept = text.unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = kept.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(kept[...last])
    }
}
