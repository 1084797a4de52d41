import Autograd
import Batches
import Checkpoints
import Corpora
import Evaluation
import Models
import Objectives
import Runtime
import Tensors
import Text

/// A trained model, loaded for evaluation.
public final class EvaluatedModel {
    let checkpoint: Checkpoint
    let config: ModelConfig
    let model: any EvaluableModel
    let tokenizer: Tokenizer
    private let store: ParameterStore
    let pool: WorkerPool

    /// - Parameters:
    ///   - path: a checkpoint's directory, or a run's, of which the newest checkpoint is taken.
    ///   - threads: that compute.
    public init(path: String, threads: Int) throws {
        MatrixLibrary.configure()
        checkpoint = try EvaluatedModel.open(path, threads: threads)
        config = try ConfigFile.config(try checkpoint.config, path: checkpoint.path + "/config.json")
        tokenizer = try Tokenizer(directory: checkpoint.path)
        switch config {
        case .unimo(let config): model = UNIMO(config)
        case .unimo2(let config): model = UNIMO2(config)
        }
        store = ParameterStore(model.parameters, alignment: 16)
        try Snapshot.restoreWeights(checkpoint, into: store)
        pool = WorkerPool(threads: threads)
    }

    public var step: Int { checkpoint.step }
    public var path: String { checkpoint.path }

    static func open(_ path: String, threads: Int) throws -> Checkpoint {
        let runs = CheckpointStore(directory: RunDirectory(path).checkpoints)
        if let newest = try runs.steps().last { return try Checkpoint(path: runs.path(step: newest), threads: threads) }
        return try Checkpoint(path: path, threads: threads)
    }

    /// Address space of a chunk's rows.
    static let arenaBytes = 8 << 30
    /// Samples computed at a time.
    static let chunk = 64

    /// The samples of a corpus in its order, images as they are, texts as tokens.
    /// - Parameter seed: of the random numbers that `prepare` draws.
    func reader(
        of corpus: any StoredCorpus, needs: SampleNeeds, seed: UInt64 = 0, prepare: @escaping Prepare = { _, _ in }
    ) -> HeldOutReader {
        let entry = LoaderEntry(
            corpus: corpus,
            sampling: SamplerEntry(name: corpus.name, count: corpus.count, weight: 1, batchSize: Self.chunk),
            chunk: .samples(Self.chunk), needs: needs, textEnds: tokenizer.textEnds, prepare: prepare)
        return HeldOutReader(entry: entry, seed: seed, tokenize: tokenizer.tokenize)
    }

    /// Calls `body` with the samples of `reader` chunk by chunk.
    /// - Parameters:
    ///   - limit: of samples; nil for all. - progress: samples done, samples in all.
    /// - Returns: samples.
    @discardableResult
    func forEachChunk(
        of reader: HeldOutReader, limit: Int? = nil, progress: (Int, Int) throws -> Void,
        _ body: (Chunk) throws -> Void
    ) throws -> Int {
        let count = min(limit ?? reader.count, reader.count)
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let end = min(start + Self.chunk, count)
            for chunk in try reader.batch(of: start..<end, pool: pool).chunks { try body(chunk) }
            try progress(end, count)
        }
        return count
    }
}
