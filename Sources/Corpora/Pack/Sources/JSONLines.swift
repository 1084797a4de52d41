import FoundationEssentials
import Runtime
import Storage

/// JSON lines: one object per line, whose keys are named as columns are; other keys are left alone.
struct JSONLines: SampleReader {
    private let file: SourceFile
    private let decoder = JSONDecoder()
    private var lines: TextLines
    private var pending: RowEvents

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        lines = try TextLines(path: file.path, at: place.offset, line: place.line)
        pending = RowEvents(file)
    }

    var consumed: UInt64 { lines.consumed }

    mutating func next() throws -> UnitEvent? {
        while true {
            if let event = pending.next() { return event }
            guard let line = try lines.next() else { return nil }
            if line.isBlank { continue }
            let place = UnitPlace(offset: line.offset, line: line.number - 1)
            let row = Result { try self.row(line) }
            pending.take(place, number: line.number - 1, row)
        }
    }

    private func row(_ line: TextLines.Line) throws -> TableRow {
        guard !line.isTooLong else {
            throw SampleRejection(description: "a line of more than \(TextLines.lineLimit) bytes")
        }
        let cells: [String: JSONCell]
        do { cells = try decoder.decode([String: JSONCell].self, from: Data(line.bytes)) } catch {
            throw SampleRejection(description: "no JSON object: \(JSONFault.summary(error, in: line.bytes))")
        }
        return try TableRow(columns: file.settings.columns, found: cells.keys.sorted()) { part, name in
            guard let cell = cells[name] else { return nil }
            switch cell {
            // A path or key in JSON is text: nothing in it stands for a byte.
            case .text(let text): return [part == .text ? text : ForeignName.text(Array(text.utf8))]
            case .texts(let texts): return texts
            case .number(let number) where part == .key: return [number]
            case .null: return nil
            case .unreadable:
                throw SampleRejection(description: "`\(name)` holds half of a surrogate pair, which is no character")
            case .number, .other: throw SampleRejection(description: "`\(name)` is no text")
            }
        }
    }
}

/// A value in a JSON line.
private enum JSONCell: Decodable {
    case text(String)
    case texts([String])
    /// A number, as a key may be.
    case number(String)
    case null
    /// A text that is no Unicode.
    case unreadable
    case other

    init(from decoder: any Decoder) throws {
        guard let value = try? decoder.singleValueContainer() else {
            self = .other
            return
        }
        if value.decodeNil() {
            self = .null
        } else if let text = Self.text(value) {
            self = text
        } else if (try? value.decode(Bool.self)) != nil {
            self = .other
        } else if let number = try? value.decode(Int.self) {
            self = .number(String(number))
        } else if let texts = try? value.decode([String].self) {
            self = .texts(texts)
        } else {
            self = .other
        }
    }

    /// Nil for what is no text. Half of a surrogate pair in it is no decoding error, but the reader's own.
    private static func text(_ value: any SingleValueDecodingContainer) -> JSONCell? {
        do { return .text(try value.decode(String.self)) } catch is DecodingError { return nil } catch {
            return .unreadable
        }
    }
}
