import Storage

/// Which part of the sources is packed, chosen sample by sample by the SHA-256 of the key, so that a sample stays in its
/// part whatever else the sources hold.
public struct HoldOut: Sendable, Equatable {
    public enum Part: String, Sendable, CaseIterable {
        case train
        case heldOut = "held-out"
    }

    /// `numerator` of `denominator` samples are held out.
    public var numerator: Int
    public var denominator: Int
    /// The part that is packed.
    public var part: Part

    public init(numerator: Int, denominator: Int, part: Part) {
        precondition(
            numerator > 0 && numerator < denominator,
            "a part between 0 and 1 is held out, got \(numerator)/\(denominator)")
        self.numerator = numerator
        self.denominator = denominator
        self.part = part
    }

    /// Parses a fraction as `1/10`; nil when `text` is no fraction between 0 and 1.
    public init?(fraction text: String, part: Part) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let numerator = numbers[0], let denominator = numbers[1] else { return nil }
        guard numerator > 0, numerator < denominator else { return nil }
        self.init(numerator: numerator, denominator: denominator, part: part)
    }

    /// True when the sample belongs to the part that is packed: the first 8 bytes of the key's SHA-256, read as a
    /// big-endian number, modulo the denominator, are below the numerator for a held-out sample.
    public func keeps(_ key: String) -> Bool {
        let number = SHA256.digest(Array(key.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (number % UInt64(denominator) < UInt64(numerator)) == (part == .heldOut)
    }
}

/// How a text file is cut into samples.
public enum TextUnit: String, Sendable, CaseIterable {
    /// One document per line.
    case lines
    /// Documents separated by blank lines.
    case paragraphs
    /// `paragraphs` when the file has a blank line between others, else `lines`.
    case automatic
}

/// What to pack and how.
public struct PackOptions: Sendable {
    /// Changes an image's file bytes (decodes, shrinks, encodes again) or throws when it can't be read.
    /// The second argument is the file's path.
    public typealias ImageTransform = @Sendable (_ bytes: [UInt8], _ path: String) throws -> [UInt8]

    public var kind: CorpusKind
    /// Folders (walked recursively) or files.
    public var sources: [String]
    /// What the sources are.
    public var format = SourceFormat.automatic
    /// The corpus directory to make.
    public var output: String
    public var layout: CorpusWriter.Layout
    /// Threads that read, transform and compress.
    public var workers = 1
    /// Leave bad sources out and list them in the report, instead of failing.
    public var skipBad = false
    public var holdOut: HoldOut?
    public var textUnit = TextUnit.automatic
    /// Longer texts are cut at sentence ends; bytes of UTF-8, at least 16.
    public var maxTextBytes = 1024
    /// Which columns of tables and JSON lines hold what.
    public var columns = ColumnNames()
    /// The first line of a table names its columns; otherwise they are called 1, 2, ….
    public var hasHeader = true
    /// Where relative image paths in tables, JSON lines and splits begin; the folder of the file when nil.
    public var imageRoot: String?
    /// Karpathy splits to pack; all when empty.
    public var splits: [String] = []
    /// Members of archives to keep beside those the kind needs.
    public var keptMembers: [String] = []
    /// Store region features in half precision.
    public var halvesFeatures = false
    public var transformImage: ImageTransform?
    /// Says in words what `transformImage` does: packing only goes on where an earlier attempt did the same.
    public var transformName = ""
    /// Begin again, whatever an earlier attempt has left.
    public var startsAfresh = false

    public init(kind: CorpusKind, sources: [String], output: String) {
        self.kind = kind
        self.sources = sources
        self.output = output
        layout = CorpusWriter.Layout(kind: kind)
    }
}

extension PackOptions {
    /// Everything the bytes of the corpus depend on besides the sources' contents, one line each.
    var record: [String] {
        let holdOut = holdOut.map { "\($0.numerator)/\($0.denominator) \($0.part.rawValue)" } ?? "none"
        return [
            "kind \(kind.rawValue)", "format \(format.rawValue)", "shard size \(layout.shardSize)",
            "frame size \(layout.frameSize)", "compression \(layout.compression)", "skip bad \(skipBad)",
            "hold-out \(holdOut)", "text unit \(textUnit.rawValue)", "max bytes \(maxTextBytes)",
            "columns \(columns.description)", "header \(hasHeader)", "image root \(imageRoot ?? "")",
            "splits \(splits.sorted().joined(separator: ","))",
            "members \(keptMembers.sorted().joined(separator: ","))", "half features \(halvesFeatures)",
            "transform \(transformName)",
        ] + sources.map { "source \($0)" }
    }

    /// The sources with what they are read by.
    func openSources() throws -> [PackSource] {
        precondition(maxTextBytes >= 16, "texts are cut to at least 16 bytes, got \(maxTextBytes)")
        let prefixes = try SourcePrefixes.prefixes(of: sources)
        return try zip(sources, prefixes).map { path, prefix in
            var settings = SourceSettings(kind: kind, maxTextBytes: maxTextBytes)
            settings.keyPrefix = prefix
            settings.textUnit = textUnit
            settings.columns = columns
            settings.hasHeader = hasHeader
            settings.imageRoot = imageRoot
            settings.splits = Set(splits)
            settings.keptMembers = Set(keptMembers)
            settings.halvesFeatures = halvesFeatures
            return try PackSource(path: path, format: format, settings: settings)
        }
    }
}
