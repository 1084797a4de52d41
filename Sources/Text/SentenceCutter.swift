/// Cuts long UTF-8 texts into pieces of at most `maxBytes`, each as long as sentence ends allow.
///
/// A piece ends at the last sentence end that fits: after `.`, `!`, `?`, `…` and what closes a quotation or bracket, when
/// white space follows; after a full stop of Chinese, Japanese, Hindi, Urdu or Ethiopic; or at a line break. A full stop
/// after a single letter or before a small letter ends no sentence. A sentence that does not fit is cut at its last
/// white space that does, and where it has none between two scalars. White space between two pieces belongs to neither;
/// every other byte is in exactly one.
public struct SentenceCutter: Sendable {
    /// Bytes of one piece at most.
    public let maxBytes: Int

    /// - Parameter maxBytes: at least 16.
    public init(maxBytes: Int) {
        precondition(maxBytes >= 16, "pieces of a text take at least 16 bytes, got \(maxBytes)")
        self.maxBytes = maxBytes
    }

    /// Bytes after the start of a piece that decide where it ends.
    public var lookAhead: Int { maxBytes + 64 }

    /// The piece that begins at `start`, which is no white space.
    /// - Parameters:
    ///   - bytes: valid UTF-8, or the beginning of such a text.
    ///   - isFinal: the text ends with `bytes`; otherwise too little text for a decision gives nil.
    /// - Returns: where the piece ends, and where the next one begins.
    public func cut(_ bytes: [UInt8], from start: Int, isFinal: Bool) -> (end: Int, next: Int)? {
        precondition(start < bytes.count, "byte \(start) of \(bytes.count)")
        guard isFinal || bytes.count - start > lookAhead else { return nil }
        if bytes.count - start <= maxBytes {
            let end = beforeBlanks(bytes, bytes.count, from: start)
            return (end, bytes.count)
        }
        var end = start + maxBytes
        while bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let place = sentenceEnd(bytes, from: start, to: end) ?? blank(bytes, from: start, to: end) ?? end
        return (beforeBlanks(bytes, place, from: start), afterBlanks(bytes, place))
    }

    /// The pieces of a whole text; white space at its ends is in none.
    public func pieces(of bytes: [UInt8]) -> [Range<Int>] {
        var start = afterBlanks(bytes, 0)
        var pieces: [Range<Int>] = []
        while start < bytes.count, let cut = cut(bytes, from: start, isFinal: true) {
            pieces.append(start..<cut.end)
            start = cut.next
        }
        return pieces
    }

    /// The last place in `start + 1 ... end` where a sentence ends.
    private func sentenceEnd(_ bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        var place = end
        while place > start {
            if isSentenceEnd(bytes, place, from: start) { return place }
            place -= 1
            while place > start && bytes[place] & 0xC0 == 0x80 { place -= 1 }
        }
        return nil
    }

    private func isSentenceEnd(_ bytes: [UInt8], _ place: Int, from start: Int) -> Bool {
        let last = ScalarBefore(bytes, place, start)
        if last.value == 0x0A { return true }
        guard place < bytes.count else { return true }
        var mark = last
        while mark.isCloser && mark.place > start { mark = ScalarBefore(bytes, mark.place, start) }
        if mark.isFullWidthStop { return !ScalarAt(bytes, place).isCloser }
        guard mark.isStop, blankLength(bytes, place) > 0 else { return false }
        return mark.value != 0x2E || !isAbbreviation(bytes, dot: mark.place, from: start, next: place)
    }

    /// A full stop after one letter (`J. Smith`, `e.g.`), or before a word that begins with a small letter.
    private func isAbbreviation(_ bytes: [UInt8], dot: Int, from start: Int, next: Int) -> Bool {
        let following = afterBlanks(bytes, next)
        if following < bytes.count, (97...122).contains(bytes[following]) { return true }
        guard dot > start, isLetter(bytes[dot - 1]) else { return false }
        return dot - 1 == start || !isLetter(bytes[dot - 2]) && bytes[dot - 2] < 0x80
    }

    private func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

    /// The last place in `start + 1 ... end` before white space.
    private func blank(_ bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        var place = end
        while place > start {
            if blankLength(bytes, place) > 0 { return place }
            place -= 1
        }
        return nil
    }

    private func beforeBlanks(_ bytes: [UInt8], _ place: Int, from start: Int) -> Int {
        var end = place
        while end > start {
            let last = ScalarBefore(bytes, end, start)
            guard blankLength(bytes, last.place) > 0 else { break }
            end = last.place
        }
        return end
    }

    private func afterBlanks(_ bytes: [UInt8], _ place: Int) -> Int {
        var next = place
        while next < bytes.count {
            let length = blankLength(bytes, next)
            guard length > 0 else { break }
            next += length
        }
        return next
    }

    /// Bytes of the white space at `place` (Unicode's White_Space); 0 when there is none, also within a scalar.
    private func blankLength(_ bytes: [UInt8], _ place: Int) -> Int {
        guard place < bytes.count else { return 0 }
        let first = bytes[place]
        if first < 0x80 { return first == 32 || (9...13).contains(first) ? 1 : 0 }
        guard first >= 0xC0 else { return 0 }
        let scalar = ScalarAt(bytes, place)
        switch scalar.value {
        case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return scalar.length
        default: return 0
        }
    }
}

/// The scalar that begins at a byte.
private struct ScalarAt {
    var value: UInt32
    var length: Int

    init(_ bytes: [UInt8], _ place: Int) {
        let first = bytes[place]
        length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        value = first < 0xC0 ? UInt32(first) : UInt32(first & (0xFF >> UInt8(length + 1)))
        for at in place + 1..<max(min(place + length, bytes.count), place + 1) {
            value = value << 6 | UInt32(bytes[at] & 0x3F)
        }
    }

    var isCloser: Bool { closesQuotation(value) }
}

/// Whether a scalar closes a quotation or a bracket.
private func closesQuotation(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x22, 0x27, 0x29, 0x5D, 0x7D, 0xBB, 0x2019, 0x201D, 0x203A, 0x300D, 0x300F, 0x3009, 0x300B, 0x3011, 0xFF09:
        true
    default: false
    }
}

/// The scalar that ends before a byte.
private struct ScalarBefore {
    var value: UInt32
    var place: Int

    init(_ bytes: [UInt8], _ end: Int, _ start: Int) {
        place = end - 1
        while place > start && bytes[place] & 0xC0 == 0x80 { place -= 1 }
        value = ScalarAt(bytes, place).value
    }

    var isCloser: Bool { closesQuotation(value) }

    /// Stops that end a sentence when white space follows.
    var isStop: Bool {
        switch value {
        case 0x21, 0x2E, 0x3F, 0x203C, 0x203D, 0x2047, 0x2048, 0x2049, 0x2026, 0x061F: true
        default: false
        }
    }

    /// Stops that end a sentence whatever follows.
    var isFullWidthStop: Bool {
        switch value {
        case 0x3002, 0xFF01, 0xFF1F, 0xFF61, 0x06D4, 0x0964, 0x0965, 0x1362: true
        default: false
        }
    }
}
