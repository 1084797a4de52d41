/// Reads JSON (RFC 8259) front to back, nothing twice, and knows the line it is on.
public struct JSONReader {
    public let path: String
    private let bytes: [UInt8]
    private var at = 0
    public private(set) var line = 1
    private static let deepest = 32
    /// Values read by `readValue` at most, over the whole file: each takes many times the bytes it is written in.
    private static let mostValues = 1 << 20
    private var values = 0

    public init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// A fault at the place reached.
    func fault(_ expected: String) -> TextError {
        let found =
            at < bytes.count
            ? "\"\(String(decoding: bytes[at...].prefix(20).prefix { $0 != 10 }, as: UTF8.self))\""
            : "the end of the file"
        return .malformed(path: path, line: line, expected: expected, found: found)
    }

    /// The next byte that is not white space, which stays unread.
    mutating func next() -> UInt8? {
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default: return bytes[at]
            }
            at += 1
        }
        return nil
    }

    private mutating func expect(_ sign: Unicode.Scalar) throws(TextError) {
        guard next() == UInt8(ascii: sign) else { throw fault("\(sign)") }
        at += 1
    }

    /// Nothing but white space may follow.
    public mutating func expectEnd() throws(TextError) {
        guard next() == nil else { throw fault("the end of the file") }
    }

    /// Calls `member` with each key, its value being next.
    mutating func readObject(
        _ member: (inout JSONReader, _ key: [UInt8]) throws(TextError) -> Void
    ) throws(TextError) {
        try expect("{")
        if next() == UInt8(ascii: "}") {
            at += 1
            return
        }
        while true {
            let key = try readString()
            try expect(":")
            try member(&self, key)
            guard next() == UInt8(ascii: ",") else { break }
            at += 1
        }
        try expect("}")
    }

    /// Calls `element` before each element, which it reads.
    mutating func readArray(_ element: (inout JSONReader) throws(TextError) -> Void) throws(TextError) {
        try expect("[")
        if next() == UInt8(ascii: "]") {
            at += 1
            return
        }
        while true {
            try element(&self)
            guard next() == UInt8(ascii: ",") else { break }
            at += 1
        }
        try expect("]")
    }

    /// A token's id.
    mutating func readID() throws(TextError) -> Int32 {
        _ = next()
        let digits = bytes[at...].prefix { isDigit($0) }
        guard !digits.isEmpty, digits.count < 10, digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            throw fault("an id of at most 9 digits")
        }
        at = digits.endIndex
        return digits.reduce(0) { 10 * $0 + Int32($1 - UInt8(ascii: "0")) }
    }

    /// Any value, with its line.
    public mutating func readValue(depth: Int = 0) throws(TextError) -> JSONNode {
        guard depth < Self.deepest else { throw fault("at most \(Self.deepest) levels of brackets") }
        values += 1
        guard values <= Self.mostValues else { throw fault("at most \(Self.mostValues) values") }
        guard let first = next() else { throw fault("a value") }
        let start = line
        switch first {
        case UInt8(ascii: "{"):
            var members: [(key: [UInt8], value: JSONNode)] = []
            try readObject { (reader, key) throws(TextError) in
                members.append((key, try reader.readValue(depth: depth + 1)))
            }
            return JSONNode(kind: .object(members), line: start)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try readArray { (reader) throws(TextError) in elements.append(try reader.readValue(depth: depth + 1)) }
            return JSONNode(kind: .array(elements), line: start)
        case UInt8(ascii: "\""): return JSONNode(kind: .string(try readString()), line: start)
        default: return JSONNode(kind: try readWord(), line: start)
        }
    }

    /// A number, a truth value or null.
    private mutating func readWord() throws(TextError) -> JSONNode.Kind {
        let word = bytes[at...].prefix { isDigit($0) || isLetter($0) || "+-.".utf8.contains($0) }
        let text = String(decoding: word, as: UTF8.self)
        let kind: JSONNode.Kind
        switch text {
        case "null": kind = .null
        case "true": kind = .bool(true)
        case "false": kind = .bool(false)
        default:
            guard word.count <= 32, let first = word.first, isDigit(first) || first == UInt8(ascii: "-"),
                let number = Double(text), number.isFinite
            else { throw fault("a value") }
            kind = .number(number)
        }
        at = word.endIndex
        return kind
    }

    /// UTF-8.
    mutating func readString() throws(TextError) -> [UInt8] {
        guard next() == UInt8(ascii: "\"") else { throw fault("a string in quotes") }
        at += 1
        var units: [UInt8] = []
        while at < bytes.count, bytes[at] >= 0x20 {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard isWellFormed(units) else { throw fault("UTF-8 before this") }
                return units
            case UInt8(ascii: "\\"): units += try readEscape()
            default: units.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    private func isWellFormed(_ units: [UInt8]) -> Bool {
        units.allSatisfy { $0 < 0x80 } || String(validating: units, as: UTF8.self) != nil
    }

    /// What follows a backslash, as UTF-8.
    private mutating func readEscape() throws(TextError) -> [UInt8] {
        guard at < bytes.count else { throw fault("an escape") }
        let simple: UInt8? =
            switch bytes[at] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes[at]
            case UInt8(ascii: "b"): 8
            case UInt8(ascii: "f"): 12
            case UInt8(ascii: "n"): 10
            case UInt8(ascii: "r"): 13
            case UInt8(ascii: "t"): 9
            default: nil
            }
        if let simple {
            at += 1
            return [simple]
        }
        guard bytes[at] == UInt8(ascii: "u") else { throw fault("an escape of JSON") }
        var units = [try readUnit()]
        if UTF16.isLeadSurrogate(units[0]), at < bytes.count, bytes[at] == UInt8(ascii: "\\") {
            at += 1
            units.append(try readUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw fault("a pair of surrogates") }
        return Array(text.utf8)
    }

    /// `uXXXX`
    private mutating func readUnit() throws(TextError) -> UInt16 {
        let digits = bytes[at...].prefix(5)
        guard digits.count == 5, digits.first == UInt8(ascii: "u"),
            digits.dropFirst().allSatisfy({ isDigit($0) || isLetter($0) }),
            let unit = UInt16(String(decoding: digits.dropFirst(), as: UTF8.self), radix: 16)
        else { throw fault("u and four hexadecimal digits") }
        at += 5
        return unit
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
