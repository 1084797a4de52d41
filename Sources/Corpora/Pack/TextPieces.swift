import Storage
import Text

/// A document that arrives in parts and leaves in pieces cut at sentence ends.
struct TextPieces {
    struct Piece: Equatable {
        var text: String
        /// Bytes of the document before it; nil when it is the whole document.
        var offset: Int?

        /// The key of the piece: the document's, and behind an `@` where the piece begins in it.
        func key(of document: String) -> String {
            offset.map { "\(document)@\(decimal($0, digits: 10))" } ?? document
        }
    }

    private let cutter: SentenceCutter
    private var bytes: [UInt8] = []
    /// Where `bytes` begins in the document.
    private var base = 0
    private var isCut = false

    init(maxBytes: Int) { cutter = SentenceCutter(maxBytes: maxBytes) }

    /// Adds the next part of the document. The document begins with no white space.
    mutating func append(_ text: String) { bytes += text.utf8 }

    /// The pieces that are certain by now; with `isFinal` all that is left.
    mutating func take(isFinal: Bool) -> [Piece] {
        // Cutting seldom keeps moving what is left cheap.
        guard isFinal || bytes.count >= 8 * cutter.lookAhead else { return [] }
        var pieces: [Piece] = []
        var start = 0
        while start < bytes.count, let cut = cutter.cut(bytes, from: start, isFinal: isFinal) {
            if cut.end < bytes.count || !isFinal { isCut = true }
            let text = String(decoding: bytes[start..<cut.end], as: UTF8.self)
            if !text.isEmpty { pieces.append(Piece(text: text, offset: isCut ? base + start : nil)) }
            start = cut.next
        }
        bytes.removeFirst(start)
        base += start
        return pieces
    }

    /// A text that is there as a whole.
    static func pieces(of text: String, maxBytes: Int) -> [Piece] {
        let trimmed = TextLines.trimmed(text)
        guard trimmed.utf8.count > maxBytes else { return [Piece(text: trimmed)] }
        var pieces = TextPieces(maxBytes: maxBytes)
        pieces.append(trimmed)
        return pieces.take(isFinal: true)
    }
}
