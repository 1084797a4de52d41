public import Batches
public import Runtime

/// Reads a held-out corpus in its own order, without augmentation, for validation and evaluation: the same samples,
/// prepared the same way, however they are cut into batches.
public struct HeldOutReader: Sendable {
    public let entry: LoaderEntry
    private let seed: UInt64
    private let decoder: SampleDecoder

    /// - Parameter seed: of the random numbers that `prepare` draws; sample `i` draws those of position `i`.
    public init(entry: LoaderEntry, seed: UInt64, tokenize: @escaping Tokenize) {
        var entry = entry
        entry.needs.views = entry.needs.views.map { _ in .none }
        self.entry = entry
        self.seed = seed
        decoder = SampleDecoder(
            needs: entry.needs, prepare: entry.prepare, tokenize: tokenize, textEnds: entry.textEnds)
    }

    public var count: Int { entry.corpus.count }

    /// Samples `indices` as a global batch of which this rank gets its slice, in chunks as the entry says.
    /// - Parameter pool: decodes in parallel.
    /// - Throws: typed errors of the corpus; `LoaderError.unusable` when a sample can't be used.
    public func batch(
        of indices: Range<Int>, number: Int = 0, rank: Int = 0, ranks: Int = 1, pool: WorkerPool? = nil
    ) throws -> Batch {
        precondition(indices.lowerBound >= 0 && indices.upperBound <= count, "samples \(indices) of \(count)")
        let slice = Batch.slice(of: indices.count, rank: rank, ranks: ranks)
        let samples = try samples(indices.lowerBound + slice.lowerBound..<indices.lowerBound + slice.upperBound, pool)
        return Batch(
            number: number, entry: 0, globalCount: indices.count, slice: slice,
            chunks: entry.chunks(samples, at: slice))
    }

    private func samples(_ indices: Range<Int>, _ pool: WorkerPool?) throws -> [Sample] {
        guard let pool else { return try indices.map { try sample($0) } }
        return try pool.map(indices.count) { task, _ in try sample(indices.lowerBound + task) }
    }

    /// One sample, decoded and prepared.
    public func sample(_ index: Int) throws -> Sample {
        let stored = try entry.corpus.read(index)
        let random = RandomKey(seed: seed, position: index, purpose: .masking)
        let related = try entry.related(to: index, random: random)
        do {
            return try decoder.decode(stored, related: related, random: random)
        } catch {
            throw LoaderError.unusable(
                SkippedSample(
                    batch: 0, corpus: entry.corpus.name, key: stored.key, shard: stored.shard, offset: stored.offset,
                    reason: error.reason, replacement: ""))
        }
    }
}
