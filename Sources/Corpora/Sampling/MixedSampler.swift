public import Runtime

/// A global batch before anything of it has been read.
public struct BatchPlan: Sendable, Equatable {
    /// Counted over the whole run, from 0.
    public let number: Int
    /// Index into the mixture.
    public let entry: Int
    /// Batches of the same entry before this one.
    public let ordinal: Int
    /// Passes over the corpus that the batch reads: two where it lies across their seam.
    public let epochs: ClosedRange<Int>
    /// `(B)` indices into the corpus, by position in the global batch.
    public let sampleIndices: [Int]
}

/// The order of training: which corpus and which samples each batch takes, as a pure function of (seed, entries, batch
/// number). What it keeps in memory is found again from these, so ranks, threads and resuming cannot change it.
public struct MixedSampler: Sendable {
    public let seed: UInt64
    public let entries: [SamplerEntry]
    private let timeline: MixtureTimeline
    private let streams: [EntryBatches]

    /// - Throws: `SamplerError` when an entry has no samples, or no positive weight and batch size, or when the weights
    ///   have no common period of at most 2²⁰ batches.
    public init(seed: UInt64, entries: [SamplerEntry]) throws {
        guard !entries.isEmpty else { throw SamplerError.noEntries }
        for entry in entries { try entry.check() }
        self.seed = seed
        self.entries = entries
        streams = entries.enumerated().map { EntryBatches($1, seed: seed, stream: $0) }
        timeline = try MixtureTimeline(entries, lengths: streams.map(\.count))
    }

    /// Batches after which the sequence of entries repeats, up to the first event.
    public var period: Int { timeline.period }

    /// Batches in all; nil when the mixture never ends.
    public var batches: Int? { timeline.batches }

    /// The entry of a batch, without its samples.
    public func entry(ofBatch number: Int) -> Int { timeline.assignment(number).entry }

    /// Batch `number` (below `batches`), in a time that does not depend on `number`.
    /// - Throws: what the corpus throws when lengths are read.
    public func plan(_ number: Int) throws -> BatchPlan {
        let (entry, ordinal) = timeline.assignment(number)
        let (epochs, indices) = try streams[entry].batch(ordinal)
        return BatchPlan(number: number, entry: entry, ordinal: ordinal, epochs: epochs, sampleIndices: indices)
    }
}

/// A mixture that cannot be sampled.
public enum SamplerError: DiagnosedError, Equatable {
    case noEntries
    case emptyCorpus(entry: String)
    case weight(entry: String, found: Int)
    case batchSize(entry: String, found: Int)
    case pool(entry: String, pool: Int, batches: Int)
    case epochs(entry: String, found: Int)
    case together(entry: String)
    case nothingToSample(batch: Int)
    case periodTooLong(weights: [Int])

    public var exitCode: ExitCode {
        if case .emptyCorpus = self { return .data }
        return .usage
    }

    public var description: String {
        switch self {
        case .noEntries:
            "the mixture has no entries; name at least one corpus and objective"
        case .emptyCorpus(let entry):
            "mixture entry \(entry): expected a corpus with samples, found none; pack the corpus again or drop the entry"
        case .weight(let entry, let found):
            "mixture entry \(entry): expected weights of at least 0 and one of at least 1, found \(found); drop the "
                + "entry to switch it off"
        case .batchSize(let entry, let found):
            "mixture entry \(entry): expected a batch size of at least 1, found \(found)"
        case .pool(let entry, let pool, let batches):
            "mixture entry \(entry): expected pools of at least as many samples as batches, found \(pool) samples for "
                + "\(batches) batches; take larger pools or fewer tokens per batch"
        case .epochs(let entry, let found):
            "mixture entry \(entry): expected at least 1 epoch, found \(found)"
        case .together(let entry):
            "mixture entry \(entry): samples are kept together only in corpora that are shuffled as a whole (up to "
                + "\(SamplerEntry.smallCorpus >> 20) MiB, or procedural) and by batch_size; drop `together`"
        case .nothingToSample(let batch):
            "from batch \(batch) on no entry of the mixture has a weight above 0; give one of them a weight there"
        case .periodTooLong(let weights):
            "mixture weights \(weights.map(String.init).joined(separator: " : ")): expected a sum of at most "
                + "\(MixtureSchedule.longestPeriod) after removing common divisors; use smaller whole numbers"
        }
    }
}
