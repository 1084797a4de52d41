public import Batches
public import Text

/// Cuts a text into token ids and tells where words start, both equally long, without special tokens. Called from
/// several threads at once.
public typealias Tokenize = @Sendable (_ text: String) -> (ids: [Int32], wordStarts: [Bool])

extension Tokenizer {
    /// This tokenizer as the loader calls it.
    public var tokenize: Tokenize {
        { text in
            let encoding = self.encode(text)
            return (encoding.ids, encoding.wordStarts)
        }
    }
}

/// One entry of the mixture as the loader sees it.
public struct LoaderEntry: Sendable {
    public var name: String
    public var corpus: any StoredCorpus
    /// Batches of this entry in proportion to the others'.
    public var weight: Int
    /// Samples in a global batch.
    public var batchSize: Int
    /// Samples of a chunk; 0 takes a rank's whole slice at once.
    public var chunk: Int
    public var needs: SampleNeeds
    /// What the objective does to a sample, on a loader thread.
    public var prepare: Prepare

    public init(
        name: String, corpus: any StoredCorpus, weight: Int = 1, batchSize: Int, chunk: Int = 0, needs: SampleNeeds,
        prepare: @escaping Prepare = { _, _ in }
    ) {
        precondition(chunk >= 0, "\(name): chunks of \(chunk) samples")
        self.name = name
        self.corpus = corpus
        self.weight = weight
        self.batchSize = batchSize
        self.chunk = chunk
        self.needs = needs
        self.prepare = prepare
    }

    /// What the sampler needs to know of it.
    public var samplerEntry: SamplerEntry {
        SamplerEntry(name: name, count: corpus.count, weight: weight, batchSize: batchSize)
    }

    /// Cuts the prepared samples of a slice into chunks.
    func chunks(_ samples: [Sample], at slice: Range<Int>) -> [Chunk] {
        guard !slice.isEmpty else { return [] }
        let size = chunk == 0 ? slice.count : chunk
        return stride(from: slice.lowerBound, to: slice.upperBound, by: size).map { start in
            let positions = start..<min(start + size, slice.upperBound)
            let part = samples[positions.lowerBound - slice.lowerBound..<positions.upperBound - slice.lowerBound]
            return Chunk(positions: positions, samples: Array(part), needs: needs)
        }
    }
}

public struct LoaderSettings: Sendable, Equatable {
    public var seed: UInt64
    public var rank: Int
    public var ranks: Int
    /// Threads that decode.
    public var workers: Int
    /// Batches decoded ahead of the one asked for.
    public var prefetch: Int
    /// Number of the batch that `next()` returns first.
    public var firstBatch: Int
    /// Different unusable samples that this rank replaces in one corpus before it gives up.
    public var badSampleBudget: Int

    public init(
        seed: UInt64, rank: Int = 0, ranks: Int = 1, workers: Int = 1, prefetch: Int = 4, firstBatch: Int = 0,
        badSampleBudget: Int = 100
    ) {
        precondition(ranks > 0 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks)")
        precondition(workers > 0 && prefetch > 0, "\(workers) loader threads, \(prefetch) batches ahead")
        precondition(firstBatch >= 0 && badSampleBudget >= 0, "batch \(firstBatch), budget \(badSampleBudget)")
        self.seed = seed
        self.rank = rank
        self.ranks = ranks
        self.workers = workers
        self.prefetch = prefetch
        self.firstBatch = firstBatch
        self.badSampleBudget = badSampleBudget
    }
}
