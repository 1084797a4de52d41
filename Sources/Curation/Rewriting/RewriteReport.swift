public import Corpora
public import Runtime

/// What rewriting has come to.
public struct RewriteReport: Sendable {
    /// What the captions were found to say.
    public struct Survey: Sendable, Equatable {
        /// Different captions.
        public var captions: Int
        /// Different wordings of each kind that may replace others.
        public var vocabulary: [RewriteList.Kind: Int]
    }

    public var samples: Int
    public var fingerprint: String
    /// Nil where an earlier attempt had rewritten everything.
    public var survey: Survey?
    public var tally: RewriteTally
}

/// Stored rewrites, counted.
public struct RewriteTally: Sendable, Equatable {
    /// One rewritten text of a sample.
    public struct Example: Sendable, Equatable {
        public var key: String
        public var rewrite: RewriteList.Rewrite
    }

    public private(set) var levels: [RewriteList.Level: Int] = [:]
    public private(set) var kinds: [RewriteList.Kind: Int] = [:]
    public private(set) var paraphrases = 0
    /// Samples with nothing at the level of words or phrases, and those with nothing at all.
    public private(set) var withoutParts = 0
    public private(set) var empty = 0
    /// Keys of the first samples with nothing at the level of words or phrases.
    public private(set) var withoutPartsKeys: [String] = []
    /// The first text of each kind, and of the level of sentences.
    public private(set) var examples: [Example] = []

    private static let keyLimit = 5

    init() {}

    /// Counts the rewrites of a corpus of annotations.
    public init(_ corpus: any StoredCorpus, pool: WorkerPool) throws {
        let parts = try corpus.folded(from: RewriteTally(), pool: pool) { $0.add(try RewriteList($1), key: $1.key) }
        self = parts.reduce(into: RewriteTally()) { $0.add($1) }
    }

    private mutating func add(_ list: RewriteList, key: String) {
        paraphrases += list.paraphrases.count
        if list.rewritten.isEmpty { empty += 1 }
        if !list.rewritten.contains(where: { $0.kind != nil }) {
            withoutParts += 1
            if withoutPartsKeys.count < Self.keyLimit { withoutPartsKeys.append(key) }
        }
        for rewrite in list.rewritten {
            levels[rewrite.level, default: 0] += 1
            if let kind = rewrite.kind { kinds[kind, default: 0] += 1 }
            show(Example(key: key, rewrite: rewrite))
        }
    }

    private mutating func add(_ later: RewriteTally) {
        levels.merge(later.levels, uniquingKeysWith: +)
        kinds.merge(later.kinds, uniquingKeysWith: +)
        paraphrases += later.paraphrases
        withoutParts += later.withoutParts
        empty += later.empty
        withoutPartsKeys += later.withoutPartsKeys.prefix(Self.keyLimit - withoutPartsKeys.count)
        for example in later.examples { show(example) }
    }

    private mutating func show(_ example: Example) {
        guard !examples.contains(where: { $0.rewrite.kind == example.rewrite.kind }) else { return }
        examples.append(example)
    }
}
