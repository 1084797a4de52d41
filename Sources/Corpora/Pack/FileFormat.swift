import Runtime
import Storage

/// What a source is, as a user says it.
public enum SourceFormat: String, Sendable, CaseIterable {
    /// Told by the file's first bytes, and in folders by the names of the files.
    case automatic = "auto"
    /// Image files, for pairs with `.txt` or `.json` beside them.
    case images
    /// What img2dataset writes: archives or folders with `jpg`, `txt` and `json`.
    case img2dataset
    /// Tar and zip archives in the WebDataset layout.
    case webdataset
    case jsonl
    case tsv
    case csv
    /// `dataset_coco.json`, `dataset_flickr30k.json`.
    case karpathy
    /// Plain text.
    case text
    /// The table of bottom-up attention.
    case bottomUpTSV = "bottom-up-tsv"
    /// NumPy archives with regions, one per image.
    case bottomUpNPZ = "bottom-up-npz"
}

/// How one file is read.
enum FileFormat: String, Sendable {
    case image = "images"
    case text = "plain text"
    case jsonLines = "JSON lines"
    case commaSeparated = "comma-separated values"
    case tabSeparated = "tab-separated values"
    case karpathy = "a Karpathy split"
    case archive = "archives"
    case regionTable = "a bottom-up-attention table"
    case regionArchive = "bottom-up-attention npz files"

    /// Sample kinds it can be packed as.
    var kinds: [CorpusKind] {
        switch self {
        case .image, .karpathy: [.images, .pairs]
        case .text: [.texts]
        case .jsonLines, .commaSeparated, .tabSeparated: [.images, .pairs, .texts]
        case .archive: CorpusKind.packed
        case .regionTable, .regionArchive: [.regions]
        }
    }
}

extension FileFormat {
    /// `tar.gz` and its kin are named `tar` here; the short forms of these names stay as they are.
    private static let archiveEndings = ["tar", "zip", "tgz", "tbz", "tbz2", "txz", "tzst", "tlz"]

    /// Whether a folder of this format may hold image files.
    static func readsImages(_ format: SourceFormat) -> Bool { [.automatic, .images, .img2dataset].contains(format) }

    /// How a file met in a folder is read, by its name; nil when it is not.
    init?(inFolder path: String, format: SourceFormat, kind: CorpusKind) {
        let ending = Self.ending(path)
        let found: FileFormat? =
            switch format {
            case .automatic: Self.byEnding(ending, kind: kind)
            case .images: Self.imageEndings.contains(ending) ? .image : nil
            case .img2dataset: Self.byEnding(ending, kind: kind).flatMap { [.image, .archive].contains($0) ? $0 : nil }
            case .webdataset: Self.archiveEndings.contains(ending) ? .archive : nil
            case .jsonl: ["jsonl", "ndjson"].contains(ending) ? .jsonLines : nil
            case .tsv: ending == "tsv" ? .tabSeparated : nil
            case .csv: ending == "csv" ? .commaSeparated : nil
            case .karpathy: ending == "json" ? .karpathy : nil
            case .text: ending == "txt" ? .text : nil
            case .bottomUpTSV: ending == "tsv" ? .regionTable : nil
            case .bottomUpNPZ: ending == "npz" ? .regionArchive : nil
            }
        guard let found, found.kinds.contains(kind) else { return nil }
        self = found
    }

    private static let imageEndings = StoredSample.imageNames

    private static func byEnding(_ ending: String, kind: CorpusKind) -> FileFormat? {
        if archiveEndings.contains(ending) { return .archive }
        switch ending {
        case "jsonl", "ndjson": return .jsonLines
        case "npz": return .regionArchive
        case "tsv" where kind == .regions: return .regionTable
        case "txt" where kind == .texts: return .text
        default: return imageEndings.contains(ending) ? .image : nil
        }
    }

    /// The extension in lower case, without the one that only says how the file is compressed.
    private static func ending(_ path: String) -> String {
        let last = SampleName.fileExtension(path)
        guard Compression.allFileExtensions.contains(last) else { return last }
        return SampleName.fileExtension(SampleName.withoutExtension(path))
    }

    /// The name of a file without the extensions that say what it is.
    static func stem(_ path: String) -> String {
        let stem = SampleName.withoutExtension(path)
        let isPacked = Compression.allFileExtensions.contains(SampleName.fileExtension(path))
        return isPacked && !SampleName.fileExtension(stem).isEmpty ? SampleName.withoutExtension(stem) : stem
    }

    /// How a file is read that was named itself: as told, or else by its first bytes.
    init(named path: String, format: SourceFormat, kind: CorpusKind) throws {
        let found: FileFormat =
            switch format {
            case .automatic: try Self.byContents(path, kind: kind)
            case .images: .image
            case .img2dataset, .webdataset: .archive
            case .jsonl: .jsonLines
            case .tsv: .tabSeparated
            case .csv: .commaSeparated
            case .karpathy: .karpathy
            case .text: .text
            case .bottomUpTSV: .regionTable
            case .bottomUpNPZ: .regionArchive
            }
        guard found.kinds.contains(kind) else {
            throw CorpusError.empty(
                sources: [path],
                reason: "\(found.rawValue) can be packed as \(found.kinds.map(\.rawValue).joined(separator: ", ")), "
                    + "not as \(kind.rawValue)")
        }
        self = found
    }

    /// Bytes looked at.
    private static let sample = 64 << 10

    private static func byContents(_ path: String, kind: CorpusKind) throws -> FileFormat {
        let stream = try DecodedStream(path: path)
        while stream.buffer.count < sample, try stream.fill() {}
        let bytes = Array(stream.buffer.prefix(sample))
        if ForeignArchive.Format.isZip(bytes) { return kind == .regions ? .regionArchive : .archive }
        if bytes.starts(with: Array("PAR1".utf8)) {
            throw CorpusError.empty(
                sources: [path], reason: "it is Parquet; tools/parquet makes a folder of it that can be packed")
        }
        if isImage(bytes) { return .image }
        if isArchive(bytes) { return .archive }
        let first = bytes.first { !($0 == 32 || (9...13).contains($0)) && ![0xEF, 0xBB, 0xBF].contains($0) }
        if first == UInt8(ascii: "{") { return isSplit(bytes) ? .karpathy : .jsonLines }
        switch ending(path) {
        case "jsonl", "ndjson": return .jsonLines
        case "csv": return .commaSeparated
        case "tsv": return kind == .regions ? .regionTable : .tabSeparated
        default: break
        }
        switch kind {
        case .texts: return .text
        case .regions where bytes.prefix { $0 != 10 }.contains(9): return .regionTable
        // Looked at as an image it will be refused with a reason.
        default:
            guard imageEndings.contains(ending(path)) else { throw unknown(path, bytes) }
            return .image
        }
    }

    private static func unknown(_ path: String, _ bytes: [UInt8]) -> CorpusError {
        let first = bytes.prefix(8).map(ForeignName.hex).joined(separator: " ")
        let found = ForeignText.encoding(ofBeginning: bytes).map { "it is \($0.found); \($0.remedy)" }
        let unknown =
            "it is no image, archive, table or list that is known"
            + (first.isEmpty ? ": it is empty" : "; its first bytes are \(first)")
        return .empty(sources: [path], reason: (found ?? unknown) + "; --format says what a source is")
    }

    private static func isImage(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || bytes.starts(with: [0xFF, 0xD8, 0xFF])
            || (bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8)))
    }

    /// A tar header has its mark, or, in the old format, a sum that is right.
    private static func isArchive(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 512 else { return false }
        if bytes[257..<262].elementsEqual("ustar".utf8) { return true }
        let digits = bytes[148..<156].filter { (48...55).contains($0) }
        guard !digits.isEmpty, digits.count <= 7 else { return false }
        let stated = digits.reduce(0) { $0 << 3 | Int($1 - 48) }
        return stated == bytes[..<148].reduce(8 * 32) { $0 + Int($1) } + bytes[156..<512].reduce(0) { $0 + Int($1) }
    }

    /// One object over several lines, or with `images` among its keys.
    private static func isSplit(_ bytes: [UInt8]) -> Bool {
        let line = bytes.prefix { $0 != 10 }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("\"images\"") else { return false }
        return text.contains("\"sentences\"") || line.count < bytes.count && line.last != UInt8(ascii: "}")
    }
}
