import Storage

/// The lines of a text file, read piece by piece.
struct TextLines {
    /// Bytes of one line at most.
    static let lineLimit = 16 << 20

    /// A line as bytes, without its end; `isTooLong` when it was cut at the limit.
    struct Line {
        /// Counted from 1.
        var number: Int
        var bytes: ArraySlice<UInt8>
        var isTooLong = false

        /// The line as text without the blanks around it; nil when it is not UTF-8.
        var text: String? { String(validating: bytes, as: UTF8.self).map { TextLines.trimmed($0) } }
        var isBlank: Bool { bytes.allSatisfy { $0 == 32 || (9...13).contains($0) } }
    }

    private let file: InputFile
    private var offset: UInt64 = 0
    private var buffer: ArraySlice<UInt8> = []
    private var number = 0

    init(path: String) throws { file = try InputFile(path: path) }

    mutating func next() throws -> Line? {
        var kept: [UInt8] = []
        var isTooLong = false
        while true {
            if buffer.isEmpty {
                guard offset < file.size else { break }
                let count = Int(min(1 << 20, file.size - offset))
                buffer = try file.read(at: offset, count: count)[...]
                if offset == 0, buffer.starts(with: [0xEF, 0xBB, 0xBF]) { buffer = buffer.dropFirst(3) }
                offset += UInt64(count)
            }
            let end = buffer.firstIndex(of: UInt8(ascii: "\n"))
            let part = buffer[..<(end ?? buffer.endIndex)]
            if kept.count + part.count <= Self.lineLimit { kept += part } else { isTooLong = true }
            buffer = buffer[(end.map { $0 + 1 } ?? buffer.endIndex)...]
            if end != nil { return line(kept, isTooLong) }
        }
        return kept.isEmpty && !isTooLong ? nil : line(kept, isTooLong)
    }

    private mutating func line(_ bytes: [UInt8], _ isTooLong: Bool) -> Line {
        number += 1
        return Line(number: number, bytes: bytes[...], isTooLong: isTooLong)
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
