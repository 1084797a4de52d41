/// Something about a corpus that its owner should know.
public struct CorpusFinding: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        // What was written is not what is there, or can't be used.
        /// Bytes differ from what the index and the manifest say.
        case damaged
        /// A file that the manifest does not list.
        case unlisted
        /// A key that another sample has too.
        case repeatedKey = "repeated_key"
        /// A member that samples of this kind must have is not there, or has no bytes.
        case missingMember = "missing_member"
        /// An image that can't be decoded.
        case brokenImage = "broken_image"
        /// A text that is not UTF-8.
        case invalidUTF8 = "invalid_utf8"
        /// A text without a letter: nothing but blanks.
        case emptyText = "empty_text"

        /// A list of captions that is none, or arrays of regions that contradict each other.
        case brokenMember = "broken_member"

        // What may be meant.
        /// An image of the same bytes as an earlier one.
        case duplicateImage = "duplicate_image"
        /// A text of the same bytes as an earlier one.
        case duplicateText = "duplicate_text"
        /// A text of more bytes, or tokens, than the limit.
        case longText = "long_text"
        /// An image with a side of fewer pixels than the limit.
        case tinyImage = "tiny_image"

        /// Whether the corpus is sound all the same.
        public var isWarning: Bool {
            switch self {
            case .duplicateImage, .duplicateText, .longText, .tinyImage: true
            default: false
            }
        }
    }

    public var kind: Kind
    /// File, byte and sample, and what is wrong there.
    public var description: String
    /// Number of the sample in the corpus; nil when it is not about one.
    public var sample: Int?

    public init(_ kind: Kind, _ description: String, sample: Int? = nil) {
        (self.kind, self.description, self.sample) = (kind, description, sample)
    }
}

/// Findings by kind: how many in all, and the first ones.
public struct CorpusFindings: Sendable {
    private let limit: Int
    private var counts: [CorpusFinding.Kind: Int] = [:]
    private var kept: [CorpusFinding.Kind: [CorpusFinding]] = [:]

    /// - Parameter limit: findings of each kind that are kept in full.
    public init(limit: Int) { self.limit = limit }

    public mutating func add(_ finding: CorpusFinding) {
        counts[finding.kind, default: 0] += 1
        if kept[finding.kind, default: []].count < limit { kept[finding.kind, default: []].append(finding) }
    }

    /// Adds findings of one kind, of which only those are described that are kept.
    mutating func add<Place>(_ kind: CorpusFinding.Kind, _ places: [Place], _ describe: (Place) -> CorpusFinding) {
        let room = max(limit - kept[kind, default: []].count, 0)
        counts[kind, default: 0] += places.count
        kept[kind, default: []] += places.prefix(room).map(describe)
    }

    /// Adds the findings of a later part of the corpus.
    mutating func add(_ others: CorpusFindings) {
        for (kind, count) in others.counts { counts[kind, default: 0] += count }
        for (kind, findings) in others.kept {
            kept[kind, default: []] += findings.prefix(limit - kept[kind, default: []].count)
        }
    }

    public func count(_ kind: CorpusFinding.Kind) -> Int { counts[kind, default: 0] }

    /// The first findings of a kind, in the order of samples.
    public func examples(_ kind: CorpusFinding.Kind) -> [CorpusFinding] { kept[kind, default: []] }

    /// The first finding of the first kind there is; nil when nothing was found.
    public var first: CorpusFinding? { kinds.lazy.compactMap { examples($0).first }.first }

    /// Kinds that were found, faults before warnings.
    public var kinds: [CorpusFinding.Kind] { CorpusFinding.Kind.allCases.filter { count($0) > 0 } }

    public var faults: Int { kinds.filter { !$0.isWarning }.reduce(0) { $0 + count($1) } }
    public var warnings: Int { kinds.filter(\.isWarning).reduce(0) { $0 + count($1) } }
}
