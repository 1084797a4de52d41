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
    let workspace: Workspace

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
        store = try Snapshot.store(checkpoint, of: model.parameters)
        pool = WorkerPool(threads: threads)
        workspace = Workspace(pool: pool)
    }

    public var step: Int { checkpoint.step }
    public var path: String { checkpoint.path }

    static func open(_ path: String, threads: Int) throws -> Checkpoint {
        try Checkpoint(path: CheckpointPlace.find(path), threads: threads)
    }

    /// Samples computed at a time, where memory suffices.
    static let chunk = 64
    /// Bytes that a chunk may take: a smaller one is computed where it would take more.
    var chunkBytes = min(2 << 30, HostMemory.current.limit / 4)

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

    /// Calls `body` with the samples of `reader` chunk by chunk, of fewer samples where many would take too much memory.
    /// - Parameters:
    ///   - limit: of samples; nil for all. - footprint: bytes that `body` takes for a chunk.
    ///   - progress: samples done, samples in all.
    /// - Returns: samples.
    /// - Throws: `RecipeContradiction` where a single sample takes more than this machine has; what `body` throws.
    @discardableResult
    func forEachChunk(
        of reader: HeldOutReader, limit: Int? = nil, footprint: (Chunk) throws -> Int,
        progress: (Int, Int) throws -> Void, _ body: (Chunk) throws -> Void
    ) throws -> Int {
        let count = min(limit ?? reader.count, reader.count)
        var (start, size) = (0, Self.chunk)
        while start < count {
            let end = min(start + size, count)
            let chunks = try reader.batch(of: start..<end, pool: pool).chunks
            let bytes = try chunks.map(footprint).max() ?? 0
            if bytes > chunkBytes, end - start > 1 {
                size = (end - start) / 2
                continue
            }
            try Self.refuse(bytes, beyond: HostMemory.current, chunks.first?.keys.first)
            for chunk in chunks { try body(chunk) }
            start = end
            try progress(end, count)
        }
        return count
    }

    private static func refuse(_ bytes: Int, beyond memory: HostMemory, _ key: String?) throws {
        guard bytes > memory.limit else { return }
        throw RecipeContradiction(
            "memory: sample \(key ?? "") takes \(Quantity.approximate(bytes)) by itself and this machine has "
                + "\(Quantity.approximate(memory.limit)): evaluate on a larger machine, or a smaller model")
    }

    /// Bytes that encoding the samples of a chunk takes.
    func encoding(_ chunk: Chunk) -> Int { Tape.footprint(pool) { _ = model.encodeAlone(chunk, $0) } }
}
