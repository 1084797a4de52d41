import Storage
import Text

/// Plain text: one document per line, or documents separated by blank lines. Long ones are cut at sentence ends while
/// they are read, so that a document may be of any length.
struct TextDocuments: SampleReader {
    private let file: SourceFile
    private let byParagraph: Bool
    private var lines: TextLines
    private var number: Int
    private var document: Document?
    /// What has been found and not been handed out.
    private var found: [UnitEvent] = []
    private var given = 0
    private var isAtEnd = false

    private struct Document {
        var place: UnitPlace
        var pieces: TextPieces
        var isEmpty = true
    }

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        byParagraph =
            try file.settings.textUnit == .paragraphs
            || (file.settings.textUnit == .automatic && TextLines.hasParagraphs(path: file.path))
        lines = try TextLines(path: file.path, at: place.offset, line: place.line)
        number = place.number
    }

    var consumed: UInt64 { lines.consumed }

    mutating func next() throws -> UnitEvent? {
        while given == found.count {
            guard !isAtEnd else { return nil }
            found.removeAll(keepingCapacity: true)
            given = 0
            try readLine()
        }
        given += 1
        return found[given - 1]
    }

    private mutating func readLine() throws {
        guard let line = try lines.next() else {
            isAtEnd = true
            return finishDocument()
        }
        if line.isBlank { return finishDocument() }
        let place = UnitPlace(offset: line.offset, line: line.number - 1, number: number)
        let text: String
        do {
            guard !line.isTooLong else {
                throw SampleRejection(description: "a line of more than \(TextLines.lineLimit) bytes")
            }
            text = try line.text
        } catch {
            let reason = "\(error)"
            let rejected = RejectedSource(path: "\(file.path):\(line.number)", reason: reason)
            // It belongs to the document it interrupts, so that going on from there meets it again.
            return found.append(UnitEvent(place: document?.place ?? place, event: .rejected(rejected)))
        }
        guard !text.isEmpty else { return finishDocument() }
        var open =
            document ?? Document(place: place, pieces: TextPieces(maxBytes: file.settings.maxTextBytes))
        document = nil
        open.pieces.append((open.isEmpty ? "" : "\n") + text)
        open.isEmpty = false
        hand(out: open.pieces.take(isFinal: false), of: open.place)
        document = open
        if !byParagraph { finishDocument() }
    }

    private mutating func finishDocument() {
        guard var open = document else { return }
        document = nil
        hand(out: open.pieces.take(isFinal: true), of: open.place)
        number += 1
    }

    private mutating func hand(out pieces: [TextPieces.Piece], of place: UnitPlace) {
        let key = file.key(number: place.number)
        for piece in pieces {
            let item = PackItem(
                origin: "\(file.path):\(place.line + 1)", key: piece.key(of: key), text: .inline(piece.text))
            found.append(UnitEvent(place: place, event: .item(item)))
        }
    }
}
