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

    /// - Parameters:
    ///   - model: that reads them. - places: where the recipe names their directories.
    ///   - ranks: that share a corpus's reading, by which memory is divided.
    ///   - retry: what is done when a read fails.
    init(
        _ sources: [Recipe.CorpusSource], for model: ModelConfig.Kind, places: RecipePlaces, ranks: Int = 1,
        retry: ReadRetry = .standard()
    ) throws {
        byName = try Dictionary(
            uniqueKeysWithValues: sources.map { source in
                let corpus = try places.named("corpora.\(source.name).directory") {
                    try Catalog.corpus(source, for: model, ranks: ranks, retry: retry)
                }
                return (source.name, corpus)
            })
    }

    subscript(name: String) -> any StoredCorpus {
        guard let corpus = byName[name] else {
            preconditionFailure("corpus \(name) was checked when the recipe was read")
        }
        return corpus
    }

    /// What a checkpoint remembers of the data.
    var identities: [String: CorpusIdentity] { byName.mapValues { CorpusIdentity($0) } }
}

/// The data side of a run: the mixture for the loader, held-out batches for validation.
struct DataSetup {
    let recipe: Recipe
    let corpora: OpenCorpora
    let tokenizer: Tokenizer
    let config: ModelConfig
    /// Samples on one tape of each validation entry; nil before memory is measured.
    var validationChunks: [Int]?

    var tokenize: Tokenize { tokenizer.tokenize }

    private func objective(_ entry: Recipe.MixtureEntry) -> any Objective {
        Catalog.objective(entry, corpus: recipe.kind(of: entry), config, tokenizer)
    }

    private func loaderEntry(_ entry: Recipe.MixtureEntry, _ sampling: SamplerEntry) throws -> LoaderEntry {
        let objective = objective(entry)
        return LoaderEntry(
            corpus: recipe.corpus(entry, corpora),
            related: try entry.candidates.map { try corpora.related($0, to: entry.corpus) }, sampling: sampling,
            chunk: entry.chunkLimit(rowsPerImage: config.rowsPerImage),
            needs: objective.needs, textEnds: tokenizer.textEnds, prepare: { objective.prepare(&$0, $1) })
    }

    private var mixture: [LoaderEntry] {
        get throws { try zip(recipe.mixture, recipe.sampling(corpora)).map { try loaderEntry($0, $1) } }
    }

    /// What training knows of the entries: the mixture's, then validation's.
    var trainedEntries: [TrainedEntry] {
        (recipe.mixture + (recipe.validation?.entries ?? [])).map {
            TrainedEntry(corpus: $0.corpus, objective: objective($0), frozen: recipe.optimizer.frozen)
        }
    }

    /// An objective all of whose parameters are frozen is a mistake that would cost its share of every step.
    func refuseFrozenEntries() throws {
        for entry in trainedEntries.prefix(recipe.mixture.count) where entry.groups.isEmpty {
            let groups = entry.objective.groups.sorted().joined(separator: ", ")
            throw RecipeContradiction(
                "mixture: \(entry.objective.name) on \(entry.corpus) would train \(groups), all of which "
                    + "optimizer.groups freezes: leave the entry out or one of them free")
        }
    }

    /// Batches that have every sample of their corpus more than once, in sentences.
    var batchesBeyondCorpora: [String] {
        recipe.mixture.enumerated().compactMap { index, entry in
            let corpus = recipe.corpus(entry, corpora)
            guard case .samples(let count) = entry.batchSize, count > corpus.count else { return nil }
            return "mixture.\(index): a batch of \(count) is larger than corpus \(entry.corpus), which has "
                + "\(Quantity.count(corpus.count, "sample")): samples come several times in it"
        }
    }

    /// What pairs are compared with was made from them, and found in corpora that the recipe has.
    func refuseForeignCandidates() throws {
        for entry in recipe.mixture + (recipe.validation?.entries ?? []) {
            if let candidates = entry.candidates { _ = try corpora.related(candidates, to: entry.corpus) }
        }
    }

    /// UNIMO reads regions where UNIMO-2 reads pixels.
    func refuseImagesWithoutRegions() throws {
        guard config.kind == .unimo else { return }
        for entry in recipe.mixture + (recipe.validation?.entries ?? []) {
            let corpus = corpora[entry.corpus]
            guard recipe.kind(of: entry) != .texts, corpus.kind != .regions else { continue }
            throw RecipeContradiction(
                "corpora: \(entry.corpus) holds \(corpus.kind.rawValue), and model.kind unimo reads regions; pack a "
                    + "detector's (`unimo corpus pack --kind regions`), or make them (`unimo corpus regions`)")
        }
    }

    /// - Parameter spent: what was used up of the budgets before.
    /// Regions of a width or of classes that the model doesn't read are refused as soon as the corpora are open: all samples of a
    /// corpus have the same.
    func refuseForeignRegions() throws {
        guard case .unimo(let config) = config else { return }
        let entries = recipe.mixture + (recipe.validation?.entries ?? [])
        for name in Set(entries.map(\.corpus)).sorted() where corpora[name].kind == .regions && corpora[name].count > 0
        {
            guard let found = RegionShape(firstOf: corpora[name]) else { continue }
            if let contradiction = found.contradiction(of: config.regionNeeds) {
                throw RecipeContradiction("corpora: \(name): \(contradiction)")
            }
        }
    }

    func loader(firstBatch: Int, rank: Int, ranks: Int, spent: SpentBudgets) throws -> BatchLoader {
        try BatchLoader(
            entries: mixture,
            settings: LoaderSettings(
                seed: recipe.seed, rank: rank, ranks: ranks, workers: recipe.loader.workers,
                prefetch: recipe.loader.prefetch, firstBatch: firstBatch,
                badSampleBudget: recipe.loader.badSampleBudget,
                badSampleBudgets: recipe.badSampleBudgets, badSamplesBefore: spent.badSamples), tokenize: tokenize)
    }

    /// The held-out batches of every validation entry, this rank's slices: read once, masked the same way every time.
    func heldOut(rank: Int, ranks: Int) throws -> [[Batch]] {
        guard let validation = recipe.validation else { return [] }
        return try validation.entries.enumerated().map { index, entry in
            var read = try loaderEntry(entry, recipe.heldOut(entry, corpora))
            if let chunks = validationChunks { read.chunk = .samples(chunks[index]) }
            let reader = HeldOutReader(entry: read, seed: recipe.seed, tokenize: tokenize)
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
    /// The order of training, as the sampler takes it.
    func sampling(_ corpora: OpenCorpora) -> [SamplerEntry] {
        mixture.map { entry in
            let corpus = corpus(entry, corpora)
            let length = SampleLength(entry, model: model, kind: kind(of: entry))
            var sampled = SamplerEntry(
                name: entry.name, corpus: corpus,
                weights: entry.weights.map { .init(batch: $0.step * batchesPerStep, weight: $0.weight) },
                batching: length.batching(entry.batchSize, corpus: corpus), ending: entry.ending,
                windowBytes: shuffleWindow(entry.corpus) << 20
            ) { try length.estimate(textBytes: corpus.textBytes($0)) }
            sampled.together = entry.together
            return sampled
        }
    }

    /// Samples of a global batch, at most.
    func batchSamples(_ entry: MixtureEntry, _ corpora: OpenCorpora) -> Int {
        SampleLength(entry, model: model, kind: kind(of: entry)).samples(
            entry.batchSize, corpus: corpus(entry, corpora))
    }

    /// What an entry's corpus is declared as: images and pairs may be packed as regions.
    func kind(of entry: MixtureEntry) -> CorpusKind {
        guard let source = corpora.first(where: { $0.name == entry.corpus }) else {
            preconditionFailure("corpus \(entry.corpus) was checked when the recipe was read")
        }
        return source.kind
    }

    /// The corpus of an entry as its objective reads it: texts may be packed together.
    func corpus(_ entry: MixtureEntry, _ corpora: OpenCorpora) -> any StoredCorpus {
        let corpus = corpora[entry.corpus]
        guard entry.packsTexts else { return corpus }
        return PackedTexts.filling(sequenceBytes: Int(entry.bytesPerToken * Double(model.maxTokens - 2)), of: corpus)
    }

    /// An entry of validation, read in order.
    func heldOut(_ entry: MixtureEntry, _ corpora: OpenCorpora) -> SamplerEntry {
        SamplerEntry(name: entry.name, count: corpora[entry.corpus].count, weight: 1, batchSize: 1)
    }

    var badSampleBudgets: [String: Int] {
        Dictionary(
            uniqueKeysWithValues: corpora.compactMap { source in source.badSampleBudget.map { (source.name, $0) } })
    }

    private func shuffleWindow(_ corpus: String) -> Int { corpora.first { $0.name == corpus }?.shuffleWindow ?? 1 }

    /// The sampler that a run of this recipe follows, and the keys it draws.
    public func samplerDump() throws -> SamplerDump {
        let corpora = try OpenCorpora(self.corpora, for: model.kind, places: places)
        let read = mixture.map { corpus($0, corpora) }
        let sampler = try MixedSampler(seed: seed, entries: sampling(corpora))
        return SamplerDump(sampler: sampler) { entry, index in try read[entry].key(index) }
    }
}

extension Recipe.MixtureEntry {
    var name: String { "\(corpus)/\(objective.rawValue)" }

    func chunkLimit(rowsPerImage: Int) -> ChunkLimit {
        switch batchSize {
        case .tokens(let tokens, _) where chunk == 0: .tokens(tokens, perImage: rowsPerImage)
        default: chunk == 0 ? .slice : .samples(chunk)
        }
    }
}

/// How long a sample is, in tokens, told by the bytes of its text: known without reading it.
private struct SampleLength {
    let maxTokens: Int
    let imageTokens: Int
    let bytesPerToken: Double
    /// Images and texts of a pair, with those it is compared with.
    let images: Int
    let texts: Int

    init(_ entry: Recipe.MixtureEntry, model: ModelConfig, kind: CorpusKind) {
        imageTokens = kind == .texts ? 0 : model.rowsPerImage
        maxTokens = entry.objective == .imageContrastive || kind == .images ? 0 : model.maxTokens
        bytesPerToken = entry.bytesPerToken
        let related = entry.candidates?.counts ?? RelatedNeeds()
        images = 1 + related.joint + related.images
        texts = 1 + related.joint + related.texts
    }

    func estimate(textBytes: Int) -> Int {
        images * imageTokens + texts * min(maxTokens, 2 + Int((Double(textBytes) / bytesPerToken).rounded(.up)))
    }

    /// Samples of a batch, at most: a pool's shortest samples may be twice as many as its batches have tokens for.
    func samples(_ size: Recipe.MixtureEntry.BatchSize, corpus: any StoredCorpus) -> Int {
        switch size {
        case .samples(let count): return count
        case .tokens(let tokens, let pool):
            return min(pool, max(corpus.count, 1), 1 + 2 * tokens / max(1, estimate(textBytes: 1)))
        }
    }

    /// A pool is cut into as many batches as have the wanted tokens on average.
    func batching(_ size: Recipe.MixtureEntry.BatchSize, corpus: any StoredCorpus) -> SamplerEntry.Batching {
        switch size {
        case .samples(let count): return .samples(count)
        case .tokens(let tokens, let pool):
            let size = min(pool, max(corpus.count, 1))
            let bytes = ((try? corpus.textBytes) ?? 0) / max(corpus.count, 1)
            let batches = (size * estimate(textBytes: bytes) + tokens / 2) / tokens
            return .lengths(pool: size, batches: min(max(batches, 1), size))
        }
    }
}
