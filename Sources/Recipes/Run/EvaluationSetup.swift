import Autograd
import Batches
import Checkpoints
import Corpora
public import Evaluation
import Models
import Objectives
import Runtime
import Tensors
import Text

/// A trained model, loaded for evaluation.
public final class EvaluatedModel {
    let checkpoint: Checkpoint
    let config: ModelConfig
    let model: UNIMO2
    let tokenizer: Tokenizer
    private let store: ParameterStore
    private let pool: WorkerPool

    /// - Parameters:
    ///   - path: a checkpoint's directory, or a run's, of which the newest whole checkpoint is taken.
    ///   - threads: that compute.
    public init(path: String, threads: Int) throws {
        MatrixLibrary.configure()
        checkpoint = try EvaluatedModel.open(path, threads: threads)
        config = try ConfigFile.config(try checkpoint.config, path: checkpoint.path + "/config.json")
        tokenizer = try Tokenizer(directory: checkpoint.path)
        model = UNIMO2(config)
        store = ParameterStore(model.parameters, alignment: 16)
        try Snapshot.restoreWeights(checkpoint, into: store)
        pool = WorkerPool(threads: threads)
    }

    public var step: Int { checkpoint.step }
    public var path: String { checkpoint.path }

    private static func open(_ path: String, threads: Int) throws -> Checkpoint {
        let runs = CheckpointStore(directory: RunDirectory(path).checkpoints)
        if let newest = try runs.steps().last { return try Checkpoint(path: runs.path(step: newest), threads: threads) }
        return try Checkpoint(path: path, threads: threads)
    }

    /// Retrieval over the pairs of a packed corpus, or of held-out procedural scenes given as `scenes:COUNT[:SEED]`.
    /// - Parameter progress: samples embedded, samples in all.
    public func retrieval(corpus name: String, progress: (Int, Int) throws -> Void = { _, _ in }) throws
        -> RetrievalReport
    {
        let corpus = try EvaluatedModel.corpus(name, side: config.imageSize)
        guard corpus.kind == .pairs else {
            throw RecipeContradiction("\(name) holds \(corpus.kind.rawValue); retrieval needs pairs")
        }
        let objective = ImageTextContrastive(
            maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: .none)
        let entry = LoaderEntry(
            corpus: corpus,
            sampling: SamplerEntry(name: corpus.name, count: corpus.count, weight: 1, batchSize: 64),
            chunk: .samples(64), needs: objective.needs, textEnds: tokenizer.textEnds)
        let reader = HeldOutReader(entry: entry, seed: 0, tokenize: tokenizer.tokenize)
        let arena = Arena(capacity: 8 << 30)
        let embedder = PairEmbedder(model: model, arena: arena, pool: pool)
        var embeddings = PairEmbeddings(width: config.text.width)
        for start in stride(from: 0, to: reader.count, by: 64) {
            let batch = try reader.batch(of: start..<min(start + 64, reader.count), pool: pool)
            for chunk in batch.chunks { embedder.embed(chunk, into: &embeddings) }
            try progress(embeddings.count, reader.count)
        }
        return RetrievalReport(embeddings, pool: pool)
    }

    private static func corpus(_ name: String, side: Int) throws -> any StoredCorpus {
        let parts = name.split(separator: ":")
        guard parts.first == "scenes" else { return try ShardCorpus(directory: name) }
        guard (2...3).contains(parts.count), let count = Int(parts[1]), count > 0,
            let seed = UInt64(parts.count == 3 ? parts[2] : "1")
        else { throw RecipeContradiction("\(name): held-out scenes are given as scenes:COUNT or scenes:COUNT:SEED") }
        return SceneCorpus(
            name: name, kind: .pairs,
            settings: SceneSettings(seed: seed, count: count, part: .heldOut, side: max(side, 8)))
    }
}
