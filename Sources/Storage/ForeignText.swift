import Runtime

/// Bytes of others taken for text: the one place where captions, documents, tables, lists, recipes and texts for
/// tokenizers are told from bytes that are no UTF-8.
///
/// A byte order mark of UTF-8 is no part of the text. Text in UTF-16 or UTF-32, with a mark or without, is named as that, with what
/// to do. Line ends of Windows become line feeds where a text is taken as a whole.
public enum ForeignText {
    /// The byte order mark of UTF-8.
    public static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// What bytes are that are not UTF-8.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// For example `UTF-16 (little-endian)`.
        public var found: String
        public var remedy: String
        /// The first byte that is wrong, where that says something.
        public var offset: Int?

        public var description: String { "it is \(found), not UTF-8; \(remedy)" }
    }

    /// The text of a whole file or member.
    public static func text(_ bytes: [UInt8]) throws(Fault) -> String {
        if let fault = encoding(ofBeginning: bytes) { throw fault }
        return unixLines(try utf8(withoutMark(bytes)))
    }

    /// A part of a text whose beginning was looked at before: no mark, no other encoding.
    public static func utf8(_ bytes: some Collection<UInt8>) throws(Fault) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw notUTF8(Array(bytes))
    }

    public static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    }

    /// What else than UTF-8 a text is by its first bytes; nil when nothing speaks against UTF-8.
    ///
    /// Without a mark, UTF-16 is known by the zeros that every second byte of mostly Latin text is, and UTF-32 by those of
    /// every third and fourth.
    public static func encoding(ofBeginning bytes: some Collection<UInt8>) -> Fault? {
        encoding(ofBeginning: bytes, isUTF8: true)
    }

    private static func encoding(ofBeginning bytes: some Collection<UInt8>, isUTF8: Bool) -> Fault? {
        let first = Array(bytes.prefix(256))
        if first.starts(with: [0xFF, 0xFE, 0, 0]) { return other("UTF-32", "little-endian", "UTF-32") }
        if first.starts(with: [0, 0, 0xFE, 0xFF]) { return other("UTF-32", "big-endian", "UTF-32") }
        if first.starts(with: [0xFF, 0xFE]) { return other("UTF-16", "little-endian", "UTF-16") }
        if first.starts(with: [0xFE, 0xFF]) { return other("UTF-16", "big-endian", "UTF-16") }
        guard first.contains(0) else { return nil }
        let zeros = (0..<4).map { phase in stride(from: phase, to: first.count, by: 4).count { first[$0] == 0 } }
        let whole = max(first.count / 4, 1)
        if first.count >= 4, zeros[2] >= whole, zeros[3] >= whole, zeros[0] == 0 {
            return other("UTF-32", "little-endian, without a mark", "UTF-32LE")
        }
        if first.count >= 4, zeros[0] >= whole, zeros[1] >= whole, zeros[3] == 0 {
            return other("UTF-32", "big-endian, without a mark", "UTF-32BE")
        }
        let (even, odd) = (zeros[0] + zeros[2], zeros[1] + zeros[3])
        // A few zeros may stand in a text that is UTF-8 otherwise.
        let least = isUTF8 ? (first.count + 3) / 4 : 1
        guard !isUTF8 || first.count % 2 == 0 else { return nil }
        if even == 0, odd >= least { return other("UTF-16", "little-endian, without a mark", "UTF-16LE") }
        if odd == 0, even >= least { return other("UTF-16", "big-endian, without a mark", "UTF-16BE") }
        return nil
    }

    private static func other(_ name: String, _ details: String, _ iconv: String) -> Fault {
        Fault(found: "\(name) (\(details))", remedy: "convert it with `iconv -f \(iconv) -t UTF-8`")
    }

    /// - Parameter bytes: some that are not UTF-8.
    private static func notUTF8(_ bytes: [UInt8]) -> Fault {
        if let fault = encoding(ofBeginning: bytes, isUTF8: false) { return fault }
        var (decoder, iterator, offset) = (UTF8(), bytes.makeIterator(), 0)
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return Fault(
            found: "bytes such as 0x\(ForeignName.hex(bytes[min(offset, bytes.count - 1)])) at \(offset)",
            remedy: "convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8`", offset: offset)
    }

    /// Line feeds in place of the line ends of Windows.
    private static func unixLines(_ text: String) -> String {
        guard text.utf8.contains(13) else { return text }
        var kept: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 10 && previous == 13 { kept.removeLast() }
            kept.append(byte)
            previous = byte
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
