import Autograd
import Batches
import Corpora
import Models
import Objectives
import Runtime
import Tensors
import Training

/// What a rank needs at most: 16 bytes per parameter (weight, gradient, two moments), what the largest chunk of training or
/// validation takes on its tape, the contrastive pools, samples in memory, and the program.
struct MemoryBound: Sendable {
    /// Elements, padding of the groups included.
    let parameters: Int
    /// Bytes of values, their gradients and scratch, of the entry that needs most.
    let arenaBytes: Int
    /// That entry.
    let largest: MeasuredEntry
    let poolBytes: Int
    /// Frames of the corpora in memory.
    let cacheBytes: Int
    /// Batches that wait to be computed.
    let loaderBytes: Int
    /// Held-out samples.
    let heldOutBytes: Int
    let programBytes: Int

    var bytes: Int {
        [16 &* parameters, arenaBytes, poolBytes, cacheBytes, loaderBytes, heldOutBytes, programBytes]
            .reduce(0) { $0.addingReportingOverflow($1).overflow ? Int.max : $0 + $1 }
    }

    /// Address space of the arena: the order in which shorter samples come and go may leave holes that the longest don't.
    var arenaCapacity: Int { arenaBytes + arenaBytes / 16 + (64 << 20) }

    /// For the first lines of a run.
    var sentence: String {
        let parts = [
            "16 bytes × \(parameters) parameters",
            "\(Quantity.approximate(arenaBytes)) for the values of \(largest.name) (\(largest.described))",
            "\(Quantity.approximate(poolBytes)) for pools",
            "\(Quantity.approximate(cacheBytes + loaderBytes + heldOutBytes)) for samples",
            "\(Quantity.approximate(programBytes)) for the program",
        ]
        return "memory of a rank: at most \(Quantity.approximate(bytes)) (\(parts.joined(separator: ", ")))"
    }
}

extension MemoryBound {
    /// Of the program and its libraries, MPI among them.
    private static let programBytes = 150_000_000

    /// Measures every entry, and chooses chunks for the validation entries that name none: as many samples as training
    /// itself has memory for.
    /// - Parameter model: its parameters placed by a store, which may be one without memory.
    static func measure(
        _ data: DataSetup, _ model: any Model, parameters: Int, ranks: Int, pool: WorkerPool
    ) throws -> (bound: MemoryBound, validationChunks: [Int]) {
        let program = programBytes + pool.threads * MatrixLibrary.threadBytes
        let entries = try data.measuredEntries(ranks: ranks)
        let trained = try entries.mixture.map { ($0, try $0.footprint(model, pool)) }
        for (entry, (_, footprint)) in zip(data.trainedEntries, trained) {
            entry.check(footprint, groups: Set(model.parameters.map(\.group)))
        }
        let most = trained.map(\.1.arenaBytes).max() ?? 0
        let validated = try entries.validation.map { entry in
            let fitting = try entry.fitting(arenaBytes: most, model, pool)
            return (fitting, try fitting.footprint(model, pool))
        }
        let all = trained + validated
        guard let largest = all.max(by: { $0.1.arenaBytes < $1.1.arenaBytes }) else {
            preconditionFailure("a recipe without a mixture was refused when it was read")
        }
        let bound = MemoryBound(
            parameters: parameters, arenaBytes: largest.1.arenaBytes, largest: largest.0,
            poolBytes: all.reduce(0) { $0 + $1.1.poolBytes },
            cacheBytes: data.corpora.byName.values.reduce(0) { $0 + $1.cacheBytes },
            loaderBytes: data.waitingBytes(ranks: ranks), heldOutBytes: data.heldOutBytes(ranks: ranks),
            programBytes: program)
        return (bound, validated.map(\.0.chunk))
    }
}

extension DataSetup {
    /// Batches between the loader and the trainer: the window, the step's, and one that is put together.
    fileprivate func waitingBytes(ranks: Int) -> Int {
        let batches = recipe.loader.prefetch + recipe.batchesPerStep + 1
        let slices = zip(recipe.mixture, trainedEntries).map { entry, trained in
            ((recipe.batchSamples(entry, corpora) + ranks - 1) / ranks).multipliedClamped(
                trained.objective.needs.sampleBytes)
        }
        return (slices.max() ?? 0).multipliedClamped(batches)
    }

    fileprivate func heldOutBytes(ranks: Int) -> Int {
        guard let validation = recipe.validation else { return 0 }
        return zip(validation.entries, trainedEntries.dropFirst(recipe.mixture.count)).reduce(0) { sum, item in
            let samples = min(validation.samples, corpora[item.0.corpus].count)
            // A slice of a batch that ranks don't divide has a sample more.
            let batches = (samples + validation.batchSize - 1) / validation.batchSize
            return sum + (samples / ranks + batches).multipliedClamped(item.1.objective.needs.sampleBytes)
        }
    }
}

extension Int {
    /// The product, or a value beyond any memory.
    fileprivate func multipliedClamped(_ other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? 1 << 60 : Swift.min(product, 1 << 60)
    }
}
