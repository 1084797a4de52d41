import Storage

/// The elements of one list in a JSON file, `{…, "name": [element, …], …}`, cut out one by one: the file is never in
/// memory as a whole. Brackets and strings are followed; what is between them is the element's reader's to check.
struct JSONElements {
    struct Element {
        var bytes: [UInt8]
        var offset: UInt64
    }

    /// Bytes of one element at most.
    private static let elementLimit = 16 << 20
    private static let depthLimit = 512

    private let stream: DecodedStream

    /// - Parameter offset: where an element begins; 0 to look for the list.
    init(path: String, list name: String, at offset: UInt64 = 0) throws {
        stream = try DecodedStream(path: path, at: offset)
        guard offset == 0 else { return }
        try TextLines.begin(stream)
        try find(name)
    }

    var consumed: UInt64 { stream.consumed }

    mutating func next() throws -> Element? {
        try skipBlanks()
        if try peek() == UInt8(ascii: ",") {
            stream.drop(1)
            try skipBlanks()
        }
        let byte = try peek()
        guard byte != UInt8(ascii: "]") else { return nil }
        guard byte == UInt8(ascii: "{") else {
            throw stream.damaged("an object or the end of the list", describe(byte))
        }
        let offset = stream.offset
        return Element(bytes: try value(limit: Self.elementLimit), offset: offset)
    }

    /// Walks over the outermost object up to the list.
    private func find(_ name: String) throws {
        try expect(UInt8(ascii: "{"))
        while true {
            try skipBlanks()
            if try peek() == UInt8(ascii: ",") {
                stream.drop(1)
                continue
            }
            guard try peek() == UInt8(ascii: "\"") else {
                throw stream.damaged("a list `\(name)` in a JSON object", "none")
            }
            let key = try value(limit: 4096)
            try skipBlanks()
            try expect(UInt8(ascii: ":"))
            try skipBlanks()
            if key.elementsEqual("\"\(name)\"".utf8), try peek() == UInt8(ascii: "[") {
                stream.drop(1)
                return
            }
            _ = try value(limit: nil)
        }
    }

    /// The bytes of one value; with no limit it is passed over.
    private func value(limit: Int?) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var (depth, isString, isEscaped) = (0, false, false)
        while true {
            guard let byte = try peek() else { throw stream.damaged("the rest of a JSON value", "the end of the file") }
            if !isString {
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
                    if depth == 0 { return bytes }
                    if byte != UInt8(ascii: ",") { depth -= 1 }
                default: break
                }
                guard depth <= Self.depthLimit else {
                    throw stream.damaged("at most \(Self.depthLimit) levels", "more")
                }
            }
            stream.drop(1)
            if let limit {
                guard bytes.count < limit else { throw stream.damaged("a value of at most \(limit) bytes", "more") }
                bytes.append(byte)
            }
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte
                    == UInt8(ascii: "\"")
                {
                    isString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            }
            let ended = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "\"")
            if depth == 0 && !isString && ended { return bytes }
        }
    }

    private func peek() throws -> UInt8? {
        if stream.buffer.isEmpty, try !stream.fill() { return nil }
        return stream.buffer.first
    }

    private func skipBlanks() throws {
        while let byte = try peek(), byte == 32 || (9...13).contains(byte) { stream.drop(1) }
    }

    private func expect(_ wanted: UInt8) throws {
        try skipBlanks()
        let found = try peek()
        guard found == wanted else { throw stream.damaged(describe(wanted), describe(found)) }
        stream.drop(1)
    }

    private func describe(_ byte: UInt8?) -> String {
        byte.map { "`\(Character(Unicode.Scalar($0)))`" } ?? "the end of the file"
    }
}
