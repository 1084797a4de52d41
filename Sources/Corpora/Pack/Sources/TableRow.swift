import Storage

/// The named parts of a row, whatever it was written in.
struct TableRow {
    var key: String?
    /// One text, or several captions.
    var texts: [String]?
    var image: String?
    /// What the columns are to be called, and what there is, for messages.
    private let columns: ColumnNames
    private let found: [String]

    /// - Parameters:
    ///   - found: names of the columns that the row has, where rows differ in that.
    ///   - cell: the contents of a column that a part is looked for in; nil when there is none.
    init(columns: ColumnNames, found: [String] = [], cell: (ColumnNames.Part, String) throws -> [String]?) throws {
        self.columns = columns
        self.found = found
        func part(_ part: ColumnNames.Part) throws -> [String]? {
            for name in columns.candidates(for: part) {
                if let found = try cell(part, name) { return found }
            }
            return nil
        }
        key = try part(.key)?.first
        image = try part(.image)?.first
        texts = try part(.text)
    }

    /// What it is to be packed as: for texts a piece each.
    func items(of file: SourceFile, number: Int, origin: String) throws -> [PackItem] {
        var item = PackItem(origin: origin, key: file.key(number: number))
        if let key {
            item.key = file.key(named: key)
            guard !item.key.isEmpty else { throw SampleRejection(description: "the key is empty") }
        }
        if file.settings.kind != .texts {
            guard let image, !image.isEmpty else { throw lacks(.image) }
            item.image = .file(file.resolve(image))
        }
        switch file.settings.kind {
        case .images, .regions, .annotations: return [item]
        case .pairs:
            guard let texts else { throw lacks(.text) }
            item.text = texts.count == 1 ? .inline(texts[0]) : .captions(texts)
            return [item]
        case .texts:
            guard let texts else { throw lacks(.text) }
            guard texts.count == 1 else {
                throw SampleRejection(description: "\(texts.count) texts where one document is expected")
            }
            return item.cut(texts[0], maxBytes: file.settings.maxTextBytes)
        }
    }

    private func lacks(_ part: ColumnNames.Part) -> SampleRejection {
        let names = columns.candidates(for: part).map { "`\($0)`" }.joined(separator: " or ")
        let rest = found.isEmpty ? "" : "; it has " + found.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
        return SampleRejection(description: "no column \(names)\(rest)")
    }
}

extension PackItem {
    /// The item once for every piece of the text.
    func cut(_ text: String, maxBytes: Int) -> [PackItem] {
        TextPieces.pieces(of: text, maxBytes: maxBytes).map { piece in
            var item = self
            item.key = piece.key(of: key)
            item.text = .inline(piece.text)
            return item
        }
    }
}

/// The events of one row after another.
struct RowEvents {
    private let file: SourceFile
    private var events: [UnitEvent] = []
    private var given = 0

    init(_ file: SourceFile) { self.file = file }

    mutating func next() -> UnitEvent? {
        guard given < events.count else { return nil }
        given += 1
        return events[given - 1]
    }

    /// Makes events of a row; what it throws as a rejection becomes one.
    mutating func take(_ place: UnitPlace, number: Int, _ row: Result<TableRow, any Error>) {
        let origin = "\(file.path):\(place.line + 1)"
        given = 0
        do {
            events = try row.get().items(of: file, number: number, origin: origin).map {
                UnitEvent(place: place, event: .item($0))
            }
        } catch {
            events = [UnitEvent(place: place, event: .rejected(RejectedSource(path: origin, reason: "\(error)")))]
        }
    }
}
