import Runtime
import Storage

/// A file of a source on its way into samples.
struct SourceFile: Sendable {
    let path: String
    /// What the keys of its samples begin with: its path below the source without the extension, or its name.
    let stem: String
    let format: FileFormat
    /// Bytes of the file.
    let size: UInt64
    let settings: SourceSettings
    /// Captions beside it, with their paths.
    var sidecars: [Sidecars.Sidecar] = []
    var use = Use.samples

    /// What becomes of the file.
    enum Use: Sendable {
        case samples
        /// A download's record without an image.
        case record
        case leftOut(LeftOutReason)
    }

    /// The key of a sample that brings a name of its own.
    func key(named name: String) -> String { SampleName.key(from: settings.keyPrefix + name) }

    /// The key of the `number`-th document or row.
    func key(number: Int) -> String { key(named: stem) + "/" + decimal(number, digits: 8) }

    /// A path written in the file: absolute, or relative to the image folder, by default the file's own.
    func resolve(_ image: String) -> String {
        if image.utf8.first == UInt8(ascii: "/") { return image }
        return (settings.imageRoot ?? Directory.parent(of: path)) + "/" + image
    }

    /// Opens the file.
    func reader(at place: UnitPlace) throws -> any SampleReader {
        switch use {
        case .leftOut(let reason): SingleSample(self) { .leftOut(reason, $0.path) }
        case .record: SingleSample(self, ImageFile.record)
        case .samples: try sampleReader(at: place)
        }
    }

    private func sampleReader(at place: UnitPlace) throws -> any SampleReader {
        switch format {
        case .image: SingleSample(self, ImageFile.event)
        case .text: try TextDocuments(self, at: place)
        case .jsonLines: try JSONLines(self, at: place)
        case .commaSeparated: try TableRows(self, dialect: .commas, at: place)
        case .tabSeparated: try TableRows(self, dialect: .tabs, at: place)
        case .karpathy: try KarpathySplits(self, at: place)
        case .archive: try ArchiveSamples(self, at: place)
        case .regionTable: try RegionTable(self, at: place)
        case .regionArchive: SingleSample(self, RegionArchive.event)
        }
    }
}

/// A number in decimal digits, zeros before it.
func decimal(_ number: some BinaryInteger, digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text
}

/// What the readers of a source go by.
struct SourceSettings: Sendable {
    var kind: CorpusKind
    /// Put before every key, where several sources are packed together.
    var keyPrefix = ""
    var textUnit = TextUnit.automatic
    var columns = ColumnNames()
    /// The first line of a table names its columns.
    var hasHeader = true
    var imageRoot: String?
    /// Karpathy splits that are taken; all when empty.
    var splits: Set<String> = []
    /// Members of archives kept beside those the kind needs.
    var keptMembers: Set<String> = []
    /// Longer texts are cut.
    var maxTextBytes: Int
    /// Region features are stored in half precision.
    var halvesFeatures = false
    /// img2dataset wrote it: captions are whole files, statuses say which downloads failed.
    var isDownload = false
}
