public import Runtime

/// What the sampler needs to know about an entry of the mixture.
public struct SamplerEntry: Sendable, Equatable {
    public var name: String
    /// Samples in the corpus.
    public var count: Int
    /// Batches of this entry in proportion to the others'.
    public var weight: Int
    /// Samples in a global batch.
    public var batchSize: Int

    public init(name: String, count: Int, weight: Int, batchSize: Int) {
        self.name = name
        self.count = count
        self.weight = weight
        self.batchSize = batchSize
    }
}

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
/// number). It holds no state, so any batch is found directly, and ranks, threads and resuming cannot change it.
public struct MixedSampler: Sendable {
    public let seed: UInt64
    public let entries: [SamplerEntry]
    private let schedule: MixtureSchedule
    private let streams: [EpochStream]

    /// - Throws: `SamplerError` when an entry has no samples, or no positive weight and batch size, or when the weights
    ///   have no common period of at most 2²⁰ batches.
    public init(seed: UInt64, entries: [SamplerEntry]) throws {
        guard !entries.isEmpty else { throw SamplerError.noEntries }
        for entry in entries {
            guard entry.count > 0 else { throw SamplerError.emptyCorpus(entry: entry.name) }
            guard entry.weight > 0 else { throw SamplerError.weight(entry: entry.name, found: entry.weight) }
            guard entry.batchSize > 0 else { throw SamplerError.batchSize(entry: entry.name, found: entry.batchSize) }
        }
        self.seed = seed
        self.entries = entries
        schedule = try MixtureSchedule(weights: entries.map(\.weight))
        streams = entries.enumerated().map { index, entry in
            EpochStream(seed: seed, stream: index, count: entry.count, batchSize: entry.batchSize)
        }
    }

    /// Batches after which the sequence of entries repeats.
    public var period: Int { schedule.period }

    /// The entry of a batch, without its samples.
    public func entry(ofBatch number: Int) -> Int { schedule.assignment(number).entry }

    /// Batch `number`, in a time that does not depend on `number`.
    public func plan(_ number: Int) -> BatchPlan {
        let (entry, ordinal) = schedule.assignment(number)
        let (epochs, indices) = streams[entry].batch(ordinal)
        return BatchPlan(number: number, entry: entry, ordinal: ordinal, epochs: epochs, sampleIndices: indices)
    }
}

/// A mixture that cannot be sampled.
public enum SamplerError: DiagnosedError, Equatable {
    case noEntries
    case emptyCorpus(entry: String)
    case weight(entry: String, found: Int)
    case batchSize(entry: String, found: Int)
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
            "mixture entry \(entry): expected a weight of at least 1, found \(found); drop the entry to switch it off"
        case .batchSize(let entry, let found):
            "mixture entry \(entry): expected a batch size of at least 1, found \(found)"
        case .periodTooLong(let weights):
            "mixture weights \(weights.map(String.init).joined(separator: " : ")): expected a sum of at most "
                + "\(MixtureSchedule.longestPeriod) after removing common divisors; use smaller whole numbers"
        }
    }
}
