import Autograd
import Collectives
import Models
import Runtime
import Tensors
import Training

extension MemoryBound {
    /// Holds what the ranks of this node need together against what it has.
    /// - Parameters: ranks of this node; model and pool, to find a chunk that fits.
    /// - Throws: `RecipeContradiction` with what to change.
    func check(against memory: HostMemory, ranks: Int, _ model: any Model, _ pool: WorkerPool) throws {
        let (needed, overflows) = bytes.multipliedReportingOverflow(by: ranks)
        guard overflows || needed > memory.limit else { return }
        let who = ranks == 1 ? "a rank needs at most" : "the \(ranks) ranks of this node need at most \(ranks) times"
        let limit = memory.limit < memory.total ? "its control group may use" : "the machine has"
        throw RecipeContradiction(
            "memory: \(who) \(Quantity.approximate(bytes)) and \(limit) \(Quantity.approximate(memory.limit)). "
                + (try remedy(within: memory.limit / ranks, model, pool)))
    }

    /// The largest part, and what makes it smaller.
    private func remedy(within limit: Int, _ model: any Model, _ pool: WorkerPool) throws -> String {
        let weights = 16 &* parameters
        let others = bytes - arenaBytes
        if arenaBytes >= max(weights, poolBytes, loaderBytes, heldOutBytes) {
            return "\(Quantity.approximate(arenaBytes)) of it are the values of \(largest.name), \(largest.described)"
                + batchNote + (try chunkAdvice(limit - others, model, pool))
        }
        let part: (bytes: Int, text: String) =
            [
                (weights, "for \(parameters) parameters: use a smaller model or fewer ranks on a node"),
                (poolBytes, "for contrastive pools: lower batch_size"),
                (loaderBytes, "for batches that wait: lower batch_size or loader.prefetch"),
                (heldOutBytes, "for held-out samples: lower validation.samples"),
            ].max { $0.0 < $1.0 } ?? (weights, "")
        return "\(Quantity.approximate(part.bytes)) of it are \(part.text)\(batchNote)"
    }

    private var batchNote: String {
        let count = largest.batch.globalCount
        guard largest.tokens == nil, count > largest.corpusCount else { return "" }
        return "; its batch of \(count) is larger than the corpus, which has \(largest.corpusCount) samples"
    }

    /// A chunk that fits, or what else there is to do.
    private func chunkAdvice(_ bytes: Int, _ model: any Model, _ pool: WorkerPool) throws -> String {
        let entry = largest.free
        if entry.tokens != nil { return ": lower \(entry.path).batch_tokens, or set \(entry.path).chunk" }
        let fitting = try entry.fitting(arenaBytes: bytes, model, pool)
        if try fitting.footprint(model, pool).arenaBytes <= bytes, fitting.chunk < largest.chunk {
            return
                ": compute it in chunks, for example --set \(entry.path).chunk=\(fitting.chunk) (the result is the same), "
                + "or lower its batch size"
        }
        return try entry.alone.footprint(model, pool).arenaBytes <= bytes
            ? ": lower its batch size" : ": use a smaller model, shorter texts, smaller images or fewer ranks on a node"
    }
}

extension DataSetup {
    /// Measures what a rank needs and holds it against what this node has, before any of it is taken.
    /// - Parameters: model; alignment of its parameter groups; topology of the ranks, and the pool of this one.
    /// - Returns: the bound, and the chunks of validation.
    /// - Throws: `RecipeContradiction`; `MemoryFault`.
    func measureMemory(
        _ model: any Model, alignment: Int, _ topology: Topology, rank: Int, _ pool: WorkerPool
    ) throws -> (bound: MemoryBound, validationChunks: [Int]) {
        let store = ParameterStore(measuring: model.parameters, alignment: alignment)
        store.freeze(groups: recipe.optimizer.frozen)
        let ranks = topology.nodes.count
        try refuseParameters(store.count, within: HostMemory.current.limit / topology.sharers(of: rank))
        let measured = try MemoryBound.measure(self, model, parameters: store.count, ranks: ranks, pool: pool)
        try measured.bound.check(
            against: HostMemory.current, ranks: topology.sharers(of: rank), model, pool)
        try Reservation.probe(byteCount: measured.bound.bytes)
        return measured
    }

    /// Parameters alone may be too many: then nothing else is worth measuring.
    private func refuseParameters(_ count: Int, within limit: Int) throws {
        guard 16 * count > limit else { return }
        throw RecipeContradiction(
            "memory: \(count) parameters take \(Quantity.approximate(16 * count)) and a rank has at most "
                + "\(Quantity.approximate(limit)): use a smaller model or fewer ranks on a node")
    }
}
