import FoundationEssentials
import Storage

/// The table of bottom-up attention: one image per line, fields between tabs, arrays in base64. Six columns (`image_id`,
/// `image_w`, `image_h`, `num_boxes`, `boxes`, `features`), or the ten of LXMERT; or what the first line names.
struct RegionTable: SampleReader {
    /// Bytes of one line at most.
    private static let lineLimit = 64 << 20
    /// Columns at most.
    fileprivate static let columnLimit = 64
    private static let plain = ["image_id", "image_w", "image_h", "num_boxes", "boxes", "features"]
    private static let lxmert = [
        "img_id", "img_h", "img_w", "objects_id", "objects_conf", "attrs_id", "attrs_conf", "num_boxes", "boxes",
        "features",
    ]

    private let file: SourceFile
    private var lines: TextLines
    private var columns: [String]

    init(_ file: SourceFile, at place: UnitPlace) throws {
        self.file = file
        var first = try TextLines(path: file.path, limit: Self.lineLimit)
        columns = []
        if let line = try first.next() {
            let fields = RegionRow.fields(of: Array(line.content))
            if fields.count <= Self.columnLimit, fields.contains(where: { $0.elementsEqual("features".utf8) }) {
                columns = fields.map { String(decoding: $0, as: UTF8.self) }
            } else {
                columns = fields.count == Self.lxmert.count ? Self.lxmert : Self.plain
            }
        }
        lines = try TextLines(path: file.path, at: place.offset, line: place.line, limit: Self.lineLimit)
    }

    var consumed: UInt64 { lines.consumed }

    mutating func next() throws -> UnitEvent? {
        while let line = try lines.next() {
            if line.isBlank { continue }
            let place = UnitPlace(offset: line.offset, line: line.number - 1)
            let origin = "\(file.path):\(line.number)"
            let fields = RegionRow.fields(of: line.bytes)
            if line.number == 1, fields.contains(where: { $0.elementsEqual("features".utf8) }) { continue }
            do {
                guard !line.isTooLong else {
                    throw SampleRejection(description: "a line of more than \(Self.lineLimit) bytes")
                }
                guard fields.count == columns.count else {
                    throw SampleRejection(
                        description: "\(fields.count) fields where there are \(columns.count) columns")
                }
                let row = RegionRow(bytes: line.bytes, columns: columns)
                guard let name = row.text("image_id") ?? row.text("img_id"), !file.key(named: name).isEmpty else {
                    throw SampleRejection(description: "no image_id")
                }
                var item = PackItem(origin: origin, key: file.key(named: name))
                item.regions = .row(row)
                item.halvesFeatures = file.settings.halvesFeatures
                return UnitEvent(place: place, event: .item(item))
            } catch {
                let rejected = RejectedSource(path: origin, reason: "\(error)")
                return UnitEvent(place: place, event: .rejected(rejected))
            }
        }
        return nil
    }
}

/// One line of the table, decoded by whoever loads the sample.
struct RegionRow: Sendable {
    let bytes: [UInt8]
    let columns: [String]

    /// The fields of a line, one more than there may be at most.
    static func fields(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 9, maxSplits: RegionTable.columnLimit, omittingEmptySubsequences: false)
    }

    private func field(_ name: String) -> ArraySlice<UInt8>? {
        guard let index = columns.firstIndex(of: name) else { return nil }
        let fields = Self.fields(of: bytes)
        return index < fields.count ? fields[index] : nil
    }

    func text(_ name: String) -> String? {
        field(name).flatMap { String(validating: $0, as: UTF8.self) }.map { TextLines.trimmed($0) }
    }

    func regions() throws -> RegionSet {
        let count = try number("num_boxes")
        guard count == count.rounded(), (1...Float(RegionSet.regionLimit)).contains(count) else {
            throw SampleRejection(description: "num_boxes is \(count)")
        }
        let rows = Int(count)
        guard let features = try array("features", .float32, rows: rows) else {
            throw SampleRejection(description: "no column `features`")
        }
        guard let boxes = try array("boxes", .float32, rows: rows), boxes.shape == [rows, 4] else {
            throw SampleRejection(description: "`boxes` are not 4 numbers for each of \(rows) regions")
        }
        var regions = RegionSet(
            width: try number("image_w", "img_w"), height: try number("image_h", "img_h"),
            features: features, boxes: boxes)
        regions.classIDs = try list("objects_id", .int64, rows)
        regions.confidences = try list("objects_conf", .float32, rows)
        regions.attributeIDs = try list("attrs_id", .int64, rows)
        regions.attributeConfidences = try list("attrs_conf", .float32, rows)
        try regions.check()
        return regions
    }

    private func number(_ names: String...) throws -> Float {
        for name in names {
            guard let text = text(name) else { continue }
            guard let value = Float(text) else { throw SampleRejection(description: "`\(name)` is no number") }
            return value
        }
        throw SampleRejection(description: "no column `\(names[0])`")
    }

    /// An array of `rows` rows, in base64.
    private func array(_ name: String, _ element: NumpyArray.Element, rows: Int) throws -> NumpyArray? {
        guard let field = field(name) else { return nil }
        let text = field.last == 13 ? field.dropLast() : field
        guard let data = Data(base64Encoded: Data(text)) else {
            throw SampleRejection(description: "`\(name)` is not base64")
        }
        let width = data.count / (rows * element.byteCount)
        guard width >= 1, data.count == rows * width * element.byteCount else {
            throw SampleRejection(description: "`\(name)` has \(data.count) bytes for \(rows) regions")
        }
        return NumpyArray(element: element, shape: [rows, width], data: Array(data))
    }

    private func list(_ name: String, _ element: NumpyArray.Element, _ rows: Int) throws -> NumpyArray? {
        guard let found = try array(name, element, rows: rows) else { return nil }
        guard found.shape[1] == 1 else {
            throw SampleRejection(description: "`\(name)` has \(found.shape[1]) numbers for each region")
        }
        return NumpyArray(element: element, shape: [rows], data: found.data)
    }
}
