import Batches
public import Corpora
import Models
import Objectives
import Runtime
import Text
import Training

/// The corpora of a recipe, opened.
public struct OpenCorpora: Sendable {
    let byName: [String: any StoredCorpus]

    init(_ sources: [Recipe.CorpusSource]) throws {
        byName = try Dictionary(uniqueKeysWithValues: sources.map { ($0.name, try Catalog.corpus($0)) })
    }

    subscript(name: String) -> any StoredCorpus {
        guard let corpus = byName[name] else {
            preconditionFailure("corpus \(name) was checked when the recipe was read")
        }
        return corpus
    }

    /// Fingerprints by name: what a checkpoint remembers of the data.
    var fingerprints: [String: String] { byName.mapValues(\.fingerprint) }
}

/// The data side of a run: the mixture for the loader, held-out batches for validation.
struct DataSetup {
    let recipe: Recipe
    let corpora: OpenCorpora
    let tokenizer: Tokenizer
    let config: ModelConfig

    var tokenize: Tokenize {
        { [tokenizer] text in
            let encoding = tokenizer.encode(text)
            return (encoding.ids, encoding.wordStarts)
        }
    }

    private func objective(_ entry: Recipe.MixtureEntry) -> any Objective {
        Catalog.objective(entry, corpus: corpora[entry.corpus].kind, config)
    }

    private func loaderEntry(_ entry: Recipe.MixtureEntry, batchSize: Int) -> LoaderEntry {
        let objective = objective(entry)
        return LoaderEntry(
            name: "\(entry.corpus)/\(entry.objective.rawValue)", corpus: corpora[entry.corpus], weight: entry.weight,
            batchSize: batchSize, chunk: entry.chunk, needs: objective.needs,
            prepare: { objective.prepare(&$0, $1) })
    }

    var mixture: [LoaderEntry] { recipe.mixture.map { loaderEntry($0, batchSize: $0.batchSize) } }

    /// What training knows of the entries: the mixture's, then validation's.
    var trainedEntries: [TrainedEntry] {
        (recipe.mixture + (recipe.validation?.entries ?? [])).map {
            TrainedEntry(corpus: $0.corpus, objective: objective($0))
        }
    }

    func loader(firstBatch: Int, rank: Int, ranks: Int) throws -> BatchLoader {
        try BatchLoader(
            entries: mixture,
            settings: LoaderSettings(
                seed: recipe.seed, rank: rank, ranks: ranks, workers: recipe.loader.workers,
                prefetch: recipe.loader.prefetch, firstBatch: firstBatch,
                badSampleBudget: recipe.loader.badSampleBudget), tokenize: tokenize)
    }

    /// The held-out batches of every validation entry, this rank's slices: read once, masked the same way every time.
    func heldOut(rank: Int, ranks: Int) throws -> [[Batch]] {
        guard let validation = recipe.validation else { return [] }
        return try validation.entries.enumerated().map { index, entry in
            let reader = HeldOutReader(
                entry: loaderEntry(entry, batchSize: validation.batchSize), seed: recipe.seed, tokenize: tokenize)
            let count = min(validation.samples, reader.count)
            return try stride(from: 0, to: count, by: validation.batchSize).map { start in
                let range = start..<min(start + validation.batchSize, count)
                let batch = try reader.batch(of: range, number: start / validation.batchSize, rank: rank, ranks: ranks)
                return Batch(
                    number: batch.number, entry: recipe.mixture.count + index, globalCount: batch.globalCount,
                    slice: batch.slice, chunks: batch.chunks)
            }
        }
    }
}

extension Recipe {
    /// The sampler that a run of this recipe follows, and the keys it draws.
    public func samplerDump() throws -> SamplerDump {
        let corpora = try OpenCorpora(self.corpora)
        let entries = mixture.map { entry in
            SamplerEntry(
                name: "\(entry.corpus)/\(entry.objective.rawValue)", count: corpora[entry.corpus].count,
                weight: entry.weight, batchSize: entry.batchSize)
        }
        let names = mixture.map(\.corpus)
        return SamplerDump(sampler: try MixedSampler(seed: seed, entries: entries)) { entry, index in
            try corpora[names[entry]].key(index)
        }
    }
}
