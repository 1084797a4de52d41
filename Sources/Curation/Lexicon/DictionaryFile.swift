import Runtime
import Storage

/// One file of a WordNet dictionary in memory, read field by field and line by line. Whatever the bytes, a cursor stays
/// inside them and a field has a limit; what doesn't fit is a `StorageError.damaged` with the byte it was found at.
struct DictionaryFile {
    /// The largest file of WordNet 3.0 has 15 MB.
    static let largestFile: UInt64 = 1 << 26
    /// The longest lemma of WordNet 3.0 has 71 bytes.
    static let longestField = 255

    let path: String
    let bytes: [UInt8]
    private(set) var cursor = 0

    init(path: String) throws(StorageError) {
        self.init(path: path, bytes: try InputFile.contents(of: path, limit: Self.largestFile))
    }

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    var isAtEnd: Bool { cursor >= bytes.count }

    /// At the line feed or the end of the file.
    var isAtLineEnd: Bool { isAtEnd || bytes[cursor] == UInt8(ascii: "\n") }

    /// Lines that begin with a blank are the licence.
    var isAtComment: Bool { !isAtEnd && bytes[cursor] == UInt8(ascii: " ") }

    mutating func skipLine() {
        while !isAtLineEnd { cursor += 1 }
        cursor = min(cursor + 1, bytes.count)
    }

    mutating func skipBlanks() {
        while !isAtEnd, bytes[cursor] == UInt8(ascii: " ") { cursor += 1 }
    }

    /// The bytes up to the next blank or line feed, and the blanks after them.
    mutating func field(_ meaning: String) throws(StorageError) -> Range<Int> {
        let start = cursor
        while !isAtLineEnd, bytes[cursor] != UInt8(ascii: " ") { cursor += 1 }
        let range = start..<cursor
        guard !range.isEmpty else { throw damage(at: start, expected: meaning, found: "the end of the line") }
        guard range.count <= Self.longestField else {
            throw damage(
                at: start, expected: "\(meaning) of at most \(Self.longestField) bytes", found: "\(range.count)")
        }
        skipBlanks()
        return range
    }

    /// A whole number in decimal or hexadecimal digits, at most `limit`.
    mutating func number(_ meaning: String, radix: UInt32 = 10, limit: UInt32) throws(StorageError) -> UInt32 {
        let range = try field(meaning)
        var value: UInt64 = 0
        for index in range {
            guard let digit = Self.digit(bytes[index]), digit < radix, value <= UInt64(limit) else {
                throw damage(at: range.lowerBound, expected: "\(meaning) up to \(limit)", found: quoted(range))
            }
            value = value * UInt64(radix) + UInt64(digit)
        }
        guard value <= UInt64(limit) else {
            throw damage(at: range.lowerBound, expected: "\(meaning) up to \(limit)", found: quoted(range))
        }
        return UInt32(value)
    }

    /// A field of one byte.
    mutating func letter(_ meaning: String) throws(StorageError) -> UInt8 {
        let range = try field(meaning)
        guard range.count == 1 else { throw damage(at: range.lowerBound, expected: meaning, found: quoted(range)) }
        return bytes[range.lowerBound]
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func damage(at offset: Int, expected: String, found: String) -> StorageError {
        .damaged(
            FileFault(
                path: path, offset: UInt64(offset), expected: expected, found: found,
                remedy: "install Debian's wordnet-base again, or name a whole dictionary of WordNet 3"))
    }

    func quoted(_ range: Range<Int>) -> String { "'\(text(range.prefix(40)))'" }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }
}
