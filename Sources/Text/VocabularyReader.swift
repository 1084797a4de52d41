/// Reads `vocab.json`: one JSON object from token to id. Entries keep the line they stand on.
struct VocabularyReader {
    struct Entry {
        var token: String
        var id: Int
        var line: Int
    }

    private let bytes: [UInt8]
    private let path: String
    private var at = 0
    private var line = 1

    init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    func read() throws(TextError) -> [Entry] {
        var reader = self
        return try reader.readObject()
    }

    private mutating func readObject() throws(TextError) -> [Entry] {
        var entries: [Entry] = []
        try expect("{")
        if next() == UInt8(ascii: "}") { throw fault("a token in quotes") }
        while true {
            let token = try readString()
            try expect(":")
            entries.append(Entry(token: token, id: try readNumber(), line: line))
            guard next() == UInt8(ascii: ",") else { break }
            at += 1
        }
        try expect("}")
        guard next() == nil else { throw fault("the end of the file") }
        return entries
    }

    /// The next byte that is not white space, which stays unread.
    private mutating func next() -> UInt8? {
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

    private func fault(_ expected: String) -> TextError {
        let found =
            at < bytes.count
            ? "\"\(String(decoding: bytes[at...].prefix(20).prefix { $0 != 10 }, as: UTF8.self))\""
            : "the end of the file"
        return .malformed(path: path, line: line, expected: expected, found: found)
    }

    private mutating func expect(_ sign: Unicode.Scalar) throws(TextError) {
        guard next() == UInt8(ascii: sign) else { throw fault("\(sign)") }
        at += 1
    }

    private mutating func readNumber() throws(TextError) -> Int {
        _ = next()
        let digits = bytes[at...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty, digits.count < 10 else { throw fault("an id of at most 9 digits") }
        at = digits.endIndex
        return digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func readString() throws(TextError) -> String {
        guard next() == UInt8(ascii: "\"") else { throw fault("a token in quotes") }
        at += 1
        var units: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\n") { break }
            at += 1
            if byte == UInt8(ascii: "\"") {
                guard let text = String(validating: units, as: UTF8.self) else { throw fault("UTF-8 before this") }
                return text
            }
            if byte == UInt8(ascii: "\\") {
                units += try readEscape()
            } else {
                units.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    /// What follows a backslash, as UTF-8.
    private mutating func readEscape() throws(TextError) -> [UInt8] {
        guard at < bytes.count else { throw fault("an escape") }
        let sign = bytes[at]
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        if let byte = simple[sign] {
            at += 1
            return [byte]
        }
        guard sign == UInt8(ascii: "u") else { throw fault("an escape of JSON") }
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
            let unit = UInt16(String(decoding: digits.dropFirst(), as: UTF8.self), radix: 16)
        else { throw fault("u and four hexadecimal digits") }
        at += 5
        return unit
    }
}
