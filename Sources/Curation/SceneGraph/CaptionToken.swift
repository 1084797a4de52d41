/// A word, number or mark of a caption.
struct CaptionToken: Sendable {
    enum Kind { case word, number, mark, quotation, possessive }

    var kind: Kind
    /// UTF-8 offsets in the caption.
    var range: Range<Int>
    /// Lower-case, typographic apostrophes made plain, spelling mended.
    var text: String
    var isCapitalised: Bool
    /// All letters are capitals, and there are at least two.
    var isAllCapitals: Bool
}

/// Cuts a caption into words (letters, digits, inner hyphens and apostrophes), possessive endings, quotations, and marks.
struct CaptionTokens {
    /// A caption's later bytes are not read.
    static let longestCaption = 1 << 12

    private let bytes: [UInt8]
    private var cursor = 0
    private var tokens: [CaptionToken] = []

    static func cut(_ caption: String) -> [CaptionToken] {
        var cutter = CaptionTokens(bytes: Array(caption.utf8.prefix(longestCaption)))
        cutter.cutAll()
        return cutter.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func cutAll() {
        while cursor < bytes.count {
            let byte = bytes[cursor]
            if let quotation = quotation() {
                append(.quotation, cursor..<quotation)
                cursor = quotation
            } else if byte == Self.typographic {
                // Typographic marks have three bytes.
                append(.mark, cursor..<min(cursor + 3, bytes.count))
                cursor = min(cursor + 3, bytes.count)
            } else if Self.isWordByte(byte) {
                cutWord()
            } else {
                if byte > UInt8(ascii: " ") { append(.mark, cursor..<(cursor + 1)) }
                cursor += 1
            }
        }
    }

    private mutating func cutWord() {
        let start = cursor
        while cursor < bytes.count {
            if Self.isWordByte(bytes[cursor]) {
                // A typographic quotation mark, dash or dots end a word, an apostrophe needn't.
                let isMark = bytes[cursor] == Self.typographic
                if isMark, !isTypographicApostrophe(cursor) || !isWord(cursor + 3) { break }
                cursor += isMark ? 3 : 1
            } else if Self.isJoint(bytes[cursor]), isWord(cursor + 1) {
                cursor += 1
            } else {
                break
            }
        }
        splitPossessive(start..<cursor)
    }

    /// "dog's" is "dog" and "'s"; "painters'" is "painters" and "'".
    private mutating func splitPossessive(_ range: Range<Int>) {
        let text = Self.lowered(bytes[range])
        if text.hasSuffix("'s"), text != "it's", text != "let's", text != "that's", text != "there's", text != "here's"
        {
            let ending = bytes[range.upperBound - 2] == UInt8(ascii: "'") ? 2 : 4
            append(.word, range.lowerBound..<(range.upperBound - ending))
            append(.possessive, (range.upperBound - ending)..<range.upperBound)
            return
        }
        append(Self.isDigit(bytes[range.lowerBound]) && !text.contains("-") ? .number : .word, range)
        let marks =
            cursor < bytes.count && bytes[cursor] == UInt8(ascii: "'") ? 1 : isTypographicApostrophe(cursor) ? 3 : 0
        if marks > 0, text.hasSuffix("s"), cursor + marks < bytes.count, bytes[cursor + marks] == UInt8(ascii: " ") {
            append(.possessive, cursor..<(cursor + marks))
            cursor += marks
        }
    }

    private mutating func append(_ kind: CaptionToken.Kind, _ range: Range<Int>) {
        let raw = bytes[range]
        let isUpper = { (byte: UInt8) in (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
        let capitals = raw.count(where: isUpper)
        tokens.append(
            CaptionToken(
                kind: kind, range: range, text: Self.lowered(raw), isCapitalised: isUpper(raw[range.lowerBound]),
                isAllCapitals: capitals >= 2 && capitals == raw.count))
    }

    /// The end of a quotation of at most 60 bytes that starts here.
    private func quotation() -> Int? {
        if bytes[cursor] == UInt8(ascii: "\"") {
            return bytes[(cursor + 1)...].prefix(60).firstIndex(of: UInt8(ascii: "\"")).map { $0 + 1 }
        }
        guard isTypographic(0x9c, at: cursor) else { return nil }
        return bytes.indices[(cursor + 3)...].prefix(60).first { isTypographic(0x9d, at: $0) }.map { $0 + 3 }
    }

    /// The first byte of typographic marks (U+2000 to U+2FFF).
    private static let typographic: UInt8 = 0xe2

    private func isWord(_ index: Int) -> Bool { index < bytes.count && Self.isWordByte(bytes[index]) }

    private func isTypographicApostrophe(_ index: Int) -> Bool { isTypographic(0x99, at: index) }

    /// Whether U+2000 plus the last six bits of `last` stands there.
    private func isTypographic(_ last: UInt8, at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index] == Self.typographic && bytes[index + 1] == 0x80
            && bytes[index + 2] == last
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isJoint(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "'") }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func lowered(_ raw: ArraySlice<UInt8>) -> String {
        if raw.allSatisfy({ $0 < 0x80 }) {
            let text = raw.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            return String(decoding: text, as: UTF8.self)
        }
        return String(String(decoding: raw, as: UTF8.self).lowercased().map { $0 == "\u{2019}" ? "'" : $0 })
    }
}
