import Runtime
import Storage

/// Rows of a table in text: comma-separated values with quotes, or tab-separated values as they stand.
struct TableRows: SampleReader {
    private let file: SourceFile
    private var records: TableRecords
    private var pending: RowEvents
    private var names: [ByteText: Int] = [:]
    private var width = 0
    private var number: Int

    init(_ file: SourceFile, dialect: TableRecords.Dialect, at place: UnitPlace) throws {
        self.file = file
        pending = RowEvents(file)
        number = place.number
        var first = try TableRecords(path: file.path, dialect: dialect)
        let header = try first.next()
        // A place at the start is before the header; every other one is at a record.
        let begin = place.offset > 0 || !file.settings.hasHeader ? place : first.place
        records = try TableRecords(path: file.path, dialect: dialect, at: begin)
        if let header { try takeNames(header) }
        try requireColumns()
    }

    var consumed: UInt64 { records.consumed }

    /// The columns' names, or their numbers from 1 where the table has none.
    private mutating func takeNames(_ header: TableRecords.Record) throws {
        guard case .fields(let fields) = header.contents else {
            throw SampleRejection(description: "the header can't be read")
        }
        width = fields.count
        for (index, field) in fields.enumerated() {
            let name =
                file.settings.hasHeader ? TextLines.trimmed(String(decoding: field, as: UTF8.self)) : "\(index + 1)"
            guard names.updateValue(index, forKey: ByteText(name)) == nil else {
                throw SampleRejection(description: "two columns are called `\(name)`")
            }
        }
    }

    private func requireColumns() throws {
        guard width > 0 else { return }
        let kind = file.settings.kind
        let parts: [ColumnNames.Part] = (kind == .texts ? [] : [.image]) + (kind == .images ? [] : [.text])
        for part in parts + file.settings.columns.names.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            let wanted = file.settings.columns.candidates(for: part)
            if part == .key && file.settings.columns.names[.key] == nil { continue }
            guard !wanted.contains(where: { names[ByteText($0)] != nil }) else { continue }
            let found = names.sorted { $0.value < $1.value }.map { "`\($0.key.text)`" }.joined(separator: ", ")
            let expected = wanted.map { "`\($0)`" }.joined(separator: " or ")
            throw SampleRejection(
                description: "expected a column \(expected) for the \(part.rawValue), found \(found); "
                    + "name it with --columns \(part.rawValue)=NAME")
        }
    }

    mutating func next() throws -> UnitEvent? {
        while true {
            if let event = pending.next() { return event }
            guard let record = try records.next() else { return nil }
            if case .blank = record.contents { continue }
            var place = record.place
            place.number = number
            let row = Result { try self.row(record) }
            pending.take(place, number: number, row)
            number += 1
        }
    }

    private func row(_ record: TableRecords.Record) throws -> TableRow {
        let fields: [ArraySlice<UInt8>]
        switch record.contents {
        case .fields(let found): fields = found
        case .broken(let reason): throw SampleRejection(description: reason)
        case .blank: fields = []
        }
        guard fields.count == width else {
            throw SampleRejection(description: "\(fields.count) fields where there are \(width) columns")
        }
        return try TableRow(columns: file.settings.columns) { part, name in
            guard let index = names[ByteText(name)] else { return nil }
            // Keys and paths are names, of whatever bytes; they are read as names again.
            if part != .text { return [ForeignName.text(fields[index])] }
            do { return [try ForeignText.utf8(fields[index])] } catch {
                throw SampleRejection(description: "column `\(name)`: \(error)")
            }
        }
    }
}
