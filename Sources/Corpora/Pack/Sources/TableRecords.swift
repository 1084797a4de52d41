import Storage

/// The records of a table in text.
struct TableRecords {
    /// How fields are written.
    enum Dialect {
        /// RFC 4180: fields between commas; one that begins with `"` ends at the next single `"`, `""` in it is a quote,
        /// and commas and line breaks in it are its own.
        case commas
        /// Fields between tabs, as they stand: no quotes, no escapes.
        case tabs
    }

    enum Contents {
        case fields([ArraySlice<UInt8>])
        case broken(String)
        case blank
    }

    struct Record {
        var place: UnitPlace
        var contents: Contents
    }

    /// Bytes and fields of one record at most.
    static let recordLimit = 16 << 20
    fileprivate static let fieldLimit = 1 << 16

    private let dialect: Dialect
    private var lines: TextLines
    /// Where the next record begins.
    private(set) var place: UnitPlace

    init(path: String, dialect: Dialect, at place: UnitPlace = UnitPlace()) throws {
        self.dialect = dialect
        self.place = place
        lines = try TextLines(path: path, at: place.offset, line: place.line, limit: Self.recordLimit)
    }

    var consumed: UInt64 { lines.consumed }

    mutating func next() throws -> Record? {
        guard var line = try lines.next() else { return nil }
        let start = UnitPlace(offset: line.offset, line: line.number - 1)
        defer { place = UnitPlace(offset: lines.offset, line: lines.lineNumber) }
        guard !line.isTooLong else { return Record(place: start, contents: .broken(Self.tooLong)) }
        if line.isBlank { return Record(place: start, contents: .blank) }
        guard dialect == .commas else {
            let fields = Self.withoutReturn(line.bytes).split(
                separator: 9, maxSplits: Self.fieldLimit, omittingEmptySubsequences: false)
            return Record(place: start, contents: Self.checked(fields))
        }
        var parser = CommaParser()
        var record: [UInt8] = []
        while true {
            record += line.bytes
            switch parser.parse(record) {
            case .fields(let fields): return Record(place: start, contents: Self.checked(fields))
            case .broken(let reason): return Record(place: start, contents: .broken(reason))
            case .open:
                record.append(10)
                guard record.count <= Self.recordLimit else {
                    return Record(place: start, contents: .broken(Self.tooLong))
                }
                guard let more = try lines.next() else {
                    return Record(place: start, contents: .broken("a quote that is never closed"))
                }
                guard !more.isTooLong else { return Record(place: start, contents: .broken(Self.tooLong)) }
                line = more
            }
        }
    }

    fileprivate static let tooWide = "a record of more than \(fieldLimit) fields"
    private static let tooLong = "a record of more than \(recordLimit) bytes"

    private static func checked(_ fields: [ArraySlice<UInt8>]) -> Contents {
        fields.count > fieldLimit ? .broken(tooWide) : .fields(fields)
    }

    fileprivate static func withoutReturn(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.last == 13 ? bytes.dropLast() : bytes[...]
    }
}

/// Cuts one record of comma-separated values, which may go on over several lines.
private struct CommaParser {
    enum Outcome {
        case fields([ArraySlice<UInt8>])
        case broken(String)
        /// The record ends within quotes: it goes on in the next line.
        case open
    }

    private var fields: [ArraySlice<UInt8>] = []
    private var place = 0
    /// The field within quotes that the record ended in.
    private var quoted: [UInt8]?

    /// Goes on in the record, which has become longer.
    mutating func parse(_ record: [UInt8]) -> Outcome {
        let end = TableRecords.withoutReturn(record).endIndex
        while true {
            guard fields.count <= TableRecords.fieldLimit else { return .broken(TableRecords.tooWide) }
            if quoted == nil, place < end, record[place] == UInt8(ascii: "\"") {
                place += 1
                quoted = []
            }
            guard quoted != nil else {
                let stop = record[place..<end].firstIndex(of: UInt8(ascii: ",")) ?? end
                fields.append(record[place..<stop])
                place = stop
                if place == end { return .fields(fields) }
                place += 1
                continue
            }
            guard takeQuoted(record) else { return .open }
            if place == end { return .fields(fields) }
            guard record[place] == UInt8(ascii: ",") else {
                return .broken("`\(Character(Unicode.Scalar(record[place])))` after a closing quote")
            }
            place += 1
        }
    }

    /// Reads up to the closing quote; false when the record has none.
    private mutating func takeQuoted(_ record: [UInt8]) -> Bool {
        var field = quoted ?? []
        quoted = nil
        while let stop = record[place...].firstIndex(of: UInt8(ascii: "\"")) {
            field += record[place..<stop]
            place = stop + 1
            guard place < record.count, record[place] == UInt8(ascii: "\"") else {
                fields.append(field[...])
                return true
            }
            field.append(UInt8(ascii: "\""))
            place += 1
        }
        field += record[place...]
        place = record.count
        quoted = field
        return false
    }
}
