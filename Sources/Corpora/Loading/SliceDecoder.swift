import Batches
import Runtime

/// Reads and decodes single positions of planned batches, and finds the stand-ins of samples that can't be used.
struct SliceDecoder: Sendable {
    /// What became of one position: its sample, and the unusable ones on the way to it.
    struct Outcome {
        var sample: Sample
        var skipped: [SkippedSample] = []
    }

    /// Stand-ins tried before giving up.
    private static let attempts = 64

    let seed: UInt64
    let entries: [LoaderEntry]
    private let decoders: [SampleDecoder]

    init(seed: UInt64, entries: [LoaderEntry], tokenize: @escaping Tokenize) {
        self.seed = seed
        self.entries = entries
        decoders = entries.map {
            SampleDecoder(needs: $0.needs, prepare: $0.prepare, tokenize: tokenize, textEnds: $0.textEnds)
        }
    }

    /// The sample at `position` of a batch, or what stands in for it.
    ///
    /// The stand-in is a function of (seed, batch, position, attempt), the same for any number of ranks.
    /// - Throws: what the corpus throws; `LoaderError.noReplacement`.
    func decode(_ plan: BatchPlan, position: Int) throws -> Outcome {
        let index = plan.sampleIndices[position]
        var skipped: [SkippedSample] = []
        if let sample = try decode(index, for: .order, plan, position, &skipped) { return Outcome(sample: sample) }
        var tried = 0
        for candidate in replacements(plan, position: position) {
            tried += 1
            guard let sample = try decode(candidate, for: .relative, plan, position, &skipped) else { continue }
            for index in skipped.indices { skipped[index].replacement = sample.key }
            return Outcome(sample: sample, skipped: skipped)
        }
        throw LoaderError.noReplacement(attempts: tried, sample: skipped[0])
    }

    /// Nil, and a new row of `skipped`, when the sample can't be used.
    private func decode(
        _ index: Int, for purpose: ReadPurpose, _ plan: BatchPlan, _ position: Int, _ skipped: inout [SkippedSample]
    ) throws -> Sample? {
        let entry = entries[plan.entry]
        let stored = try entry.corpus.read(index, for: purpose)
        let random = RandomKey(seed: seed, batch: plan.number, position: position, purpose: .masking)
        let related = try entry.related(to: index, random: random)
        do {
            return try decoders[plan.entry].decode(stored, related: related, random: random)
        } catch {
            skipped.append(
                SkippedSample(
                    batch: plan.number, corpus: entry.corpus.name, key: stored.key, shard: stored.shard,
                    offset: stored.offset, reason: error.reason, replacement: ""))
            return nil
        }
    }

    /// Candidates to stand in at a position, in the order in which they are tried.
    ///
    /// A permutation of the corpus drawn for the batch is dealt out to the positions in turn, so that no two positions
    /// get the same candidate; samples that the batch already has are passed over when the corpus has others enough.
    func replacements(_ plan: BatchPlan, position: Int) -> [Int] {
        let count = entries[plan.entry].corpus.count
        let batchSize = plan.sampleIndices.count
        let permutation = KeyedPermutation(
            count: count, key: RandomKey(seed: seed, batch: plan.number, purpose: .replacement))
        let isLarge = count >= 2 * batchSize
        let taken = isLarge ? Set(plan.sampleIndices) : [plan.sampleIndices[position]]
        let step = isLarge ? batchSize : 1
        var seen = Set<Int>()
        var candidates: [Int] = []
        for attempt in 0..<2 * Self.attempts where candidates.count < Self.attempts {
            let turn = position + attempt * step
            // After each round through the corpus the positions move on by one.
            let candidate = permutation((turn + turn / count) % count)
            if !taken.contains(candidate), seen.insert(candidate).inserted { candidates.append(candidate) }
        }
        return candidates
    }
}
