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
    /// Folders (walked recursively) or files: images, texts, `.jsonl`.
    public var sources: [String]
    /// The corpus directory to make.
    public var output: String
    public var layout: CorpusWriter.Layout
    /// Threads that read, transform and compress.
    public var workers = 1
    /// Leave bad sources out and list them in the report, instead of failing.
    public var skipBad = false
    public var holdOut: HoldOut?
    public var textUnit = TextUnit.automatic
    public var transformImage: ImageTransform?

    public init(kind: CorpusKind, sources: [String], output: String) {
        self.kind = kind
        self.sources = sources
        self.output = output
        layout = CorpusWriter.Layout(kind: kind)
    }
}

/// How far packing is.
public struct PackProgress: Sendable, Equatable {
    /// Sources looked at: image files, documents, JSON lines.
    public var seen = 0
    public var packed = 0
    public var rejected = 0
    /// Bytes of finished shards.
    public var bytes: UInt64 = 0

    public init() {}
}

/// What was packed and what was not.
public struct PackReport: Sendable, Equatable {
    public var samples = 0
    public var shards = 0
    /// Bytes of all shards.
    public var bytes: UInt64 = 0
    /// Samples of the other part of a hold-out.
    public var heldBack = 0
    /// Images without a caption file beside them, in a folder of pairs: the first ones.
    public var unpaired: [String] = []
    public var unpairedCount = 0
    /// Bad sources left out: the first ones.
    public var rejected: [RejectedSource] = []
    public var rejectedCount = 0
    public var fingerprint = ""
}
