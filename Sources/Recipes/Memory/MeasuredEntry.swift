import Batches
import Corpora
import Models
import Objectives
import Runtime
import Training

/// An entry of the mixture or of validation as its memory is measured: its batch and how its slice is cut into chunks.
struct MeasuredEntry: Sendable {
    /// As `--set` names it, for example `mixture.0`.
    let path: String
    let corpus: String
    var batch: MeasuredBatch
    /// Samples on one tape, at most.
    var chunk: Int
    /// Whether the recipe names the chunk.
    let isChunkGiven: Bool
    /// Rows on one tape, at most, where chunks are cut by tokens; an image counts as `rowsPerImage`.
    let tokens: Int?
    let rowsPerImage: Int
    /// Sequences that the longest text needs, where texts share sequences; 1 otherwise.
    let longest: Int
    /// Samples of the corpus.
    let corpusCount: Int

    var name: String { "\(path) (\(corpus)/\(batch.objective.name))" }

    /// What is on a tape.
    var described: String {
        tokens.map { "\($0) tokens on a tape" } ?? "\(chunk) sample\(chunk == 1 ? "" : "s") on a tape"
    }

    /// What its largest chunk takes.
    func footprint(_ model: any Model, _ pool: WorkerPool) throws -> Footprint {
        func measured(_ samples: Int, tokens: Int? = nil, slice: Int? = nil) throws -> Footprint {
            var batch = batch
            batch.tokens = tokens
            batch.sliceCount = max(slice ?? batch.sliceCount, samples)
            return try Footprint.measure(batch, chunk: samples, model, pool)
        }
        guard let limit = tokens else {
            return try measured(max(ChunkLimit.sequences(ofPacked: chunk, batch.objective.needs), longest))
        }
        // Few long samples, or many short ones and one that is long.
        let needs = batch.objective.needs
        func count(_ sample: Sample) -> Int { max(1, limit / max(1, sample.rows(perImage: rowsPerImage))) }
        let long = min(max(count(needs.largestSample()), longest), max(batch.sliceCount, longest))
        let short = min(count(needs.largestSample(tokens: 3)), batch.sliceCount)
        var most = try measured(long)
        let one = try measured(longest)
        most.arenaBytes = max(most.arenaBytes, try measured(short, tokens: 3).arenaBytes + one.arenaBytes)
        return most
    }

    /// The entry as one that names no chunk.
    var free: MeasuredEntry {
        MeasuredEntry(
            path: path, corpus: corpus, batch: batch, chunk: chunk, isChunkGiven: false, tokens: tokens,
            rowsPerImage: rowsPerImage, longest: longest, corpusCount: corpusCount)
    }

    /// The entry with batches of one sample.
    var alone: MeasuredEntry {
        var entry = self
        (entry.batch.globalCount, entry.batch.sliceCount, entry.chunk) = (1, 1, 1)
        return entry
    }

    /// The entry with the largest chunk that takes at most `arenaBytes`, or what one sample takes where that is more; as it is
    /// where the recipe names its chunk.
    func fitting(arenaBytes: Int, _ model: any Model, _ pool: WorkerPool) throws -> MeasuredEntry {
        guard !isChunkGiven else { return self }
        var entry = self
        entry.chunk = 1
        let arenaBytes = max(arenaBytes, try entry.footprint(model, pool).arenaBytes)
        var (fits, tooLarge) = (1, chunk + 1)
        while fits + 1 < tooLarge {
            entry.chunk = tooLarge == chunk + 1 ? chunk : (fits + tooLarge) / 2
            if try entry.footprint(model, pool).arenaBytes <= arenaBytes {
                fits = entry.chunk
                if fits == chunk { break }
            } else {
                tooLarge = entry.chunk
            }
        }
        entry.chunk = fits
        return entry
    }
}

extension DataSetup {
    /// The entries of the mixture and of validation.
    func measuredEntries(ranks: Int) throws -> (mixture: [MeasuredEntry], validation: [MeasuredEntry]) {
        let trained = trainedEntries
        let mixture = try recipe.mixture.enumerated().map { index, entry in
            var tokens: Int?
            if case .tokens(let limit, _) = entry.batchSize, entry.chunk == 0 { tokens = limit }
            let objective = trained[index].objective
            return try measured(
                entry, "mixture.\(index)", objective, count: recipe.batchSamples(entry, corpora), tokens: tokens,
                ranks: ranks,
                trains: true)
        }
        let validation = try (recipe.validation?.entries ?? []).enumerated().map { index, entry in
            let count = min(recipe.validation?.batchSize ?? 1, recipe.validation?.samples ?? 1)
            return try measured(
                entry, "validation.on.\(index)", trained[recipe.mixture.count + index].objective,
                count: min(count, corpora[entry.corpus].count), tokens: nil, ranks: ranks, trains: false)
        }
        return (mixture, validation)
    }

    private func measured(
        _ entry: Recipe.MixtureEntry, _ path: String, _ objective: any Objective, count: Int, tokens: Int?, ranks: Int,
        trains: Bool
    ) throws -> MeasuredEntry {
        let slice = max(1, (count + ranks - 1) / ranks)
        let corpus = recipe.corpus(entry, corpora)
        return MeasuredEntry(
            path: path, corpus: entry.corpus,
            batch: MeasuredBatch(objective, globalCount: max(count, 1), sliceCount: slice, trains: trains),
            chunk: entry.chunk > 0 ? min(entry.chunk, slice) : slice, isChunkGiven: entry.chunk > 0, tokens: tokens,
            rowsPerImage: config.rowsPerImage, longest: try longest(corpus, objective.needs), corpusCount: corpus.count)
    }

    /// Sequences that the longest sample of texts that share sequences may need: a token has a byte at least.
    private func longest(_ corpus: any StoredCorpus, _ needs: SampleNeeds) throws -> Int {
        guard needs.packsTexts, let maxTokens = needs.maxTokens else { return 1 }
        let bytes = try (0..<corpus.count).reduce(0) { try max($0, corpus.textBytes($1)) }
        // Texts of a sample have a token between them.
        let between = (corpus as? PackedTexts)?.group ?? 1
        return ChunkLimit.sequences(ofBytes: bytes + between, maxTokens: maxTokens)
    }
}
