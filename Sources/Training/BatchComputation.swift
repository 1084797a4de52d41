import Autograd
import Batches
import Collectives
import Models
import Objectives
import Runtime
import Tensors

/// Computes the loss, and when training the gradients, of one rank's slice of a batch, chunk by chunk.
final class BatchComputation {
    let model: UNIMO2
    let arena: Arena
    let pool: WorkerPool
    let seed: UInt64
    let communication: CommunicationThread
    private var poolBuffers: [Int: PoolBuffers] = [:]

    init(model: UNIMO2, arena: Arena, pool: WorkerPool, seed: UInt64, communication: CommunicationThread) {
        self.model = model
        self.arena = arena
        self.pool = pool
        self.seed = seed
        self.communication = communication
    }

    /// What happens to the gradients of a batch; nil for validation.
    struct Training {
        /// Called with parameters that are final once the batch's last chunk has used them.
        let onFinal: (Parameter) -> Void
    }

    /// - Parameters:
    ///   - count: of the global batch, what the loss is divided by.
    ///   - gathers: operation numbers of the pool's gathers.
    /// - Returns: this rank's share of the loss.
    func run(
        _ batch: Batch, _ objective: any Objective, count: Double, gathers: [Int], training: Training?
    ) throws -> Double {
        switch objective {
        case let objective as any ChunkObjective:
            return chunks(batch, objective, scale: count > 0 ? Float(1 / count) : 0, training: training)
        case let objective as any PoolObjective:
            return try pooled(batch, objective, gathers: gathers, training: training)
        default:
            preconditionFailure("\(objective.name) is neither a chunk nor a pool objective")
        }
    }

    private func tape(_ batch: Batch, records: Bool, isTraining: Bool) -> Tape {
        arena.reset()
        let randomness = isTraining ? RandomKey(seed: seed, batch: batch.number, purpose: .dropout(site: 0)) : nil
        return Tape(arena: arena, pool: pool, records: records, randomness: randomness)
    }

    private func chunks(
        _ batch: Batch, _ objective: any ChunkObjective, scale: Float, training: Training?
    ) -> Double {
        var loss = 0.0
        for (index, chunk) in batch.chunks.enumerated() {
            let tape = tape(batch, records: training != nil, isTraining: training != nil)
            if index == batch.chunks.count - 1 { tape.onFinal = training?.onFinal }
            loss += objective.loss(chunk, model, scale: scale, tape)
            tape.backward()
        }
        return loss
    }

    /// Embeds every chunk, gathers, evaluates, and computes each chunk again with its embeddings' gradients. A slice of
    /// one chunk keeps its tape instead of computing twice.
    private func pooled(
        _ batch: Batch, _ objective: any PoolObjective, gathers: [Int], training: Training?
    ) throws -> Double {
        let buffers = buffers(for: batch, objective.widths(model.config))
        let keepsTape = training != nil && batch.chunks.count == 1
        var kept: (Tape, [Variable])?
        for chunk in batch.chunks {
            let tape = tape(batch, records: keepsTape, isTraining: training != nil)
            let embeddings = objective.embed(chunk, model, tape)
            buffers.place(embeddings.map(\.value), chunk.positions)
            if keepsTape { kept = (tape, embeddings) }
        }
        for (number, operation) in gathers.enumerated() {
            buffers.submit(number, operation, communication, own: batch.slice)
        }
        if let last = gathers.last { try communication.wait(last) }
        if kept == nil { arena.reset() }
        let pool = EmbeddingPool(
            embeddings: buffers.pool(batch.globalCount), own: batch.slice, gradients: buffers.gradients(batch.slice),
            addsSharedGradients: training != nil && communication.rank == 0)
        let loss = objective.loss(pool, model, ContrastiveLoss(arena: arena, pool: self.pool))
        if let training { differentiate(batch, objective, buffers, kept, training) }
        return communication.rank == 0 ? loss : 0
    }

    private func differentiate(
        _ batch: Batch, _ objective: any PoolObjective, _ buffers: PoolBuffers, _ kept: (Tape, [Variable])?,
        _ training: Training
    ) {
        for (index, chunk) in batch.chunks.enumerated() {
            let (tape, embeddings): (Tape, [Variable])
            if let kept {
                (tape, embeddings) = kept
            } else {
                tape = self.tape(batch, records: true, isTraining: true)
                embeddings = objective.embed(chunk, model, tape)
            }
            if index == batch.chunks.count - 1 { tape.onFinal = training.onFinal }
            let rows =
                chunk.positions.lowerBound - batch.slice.lowerBound..<chunk.positions.upperBound
                - batch.slice.lowerBound
            for (embedding, gradient) in zip(embeddings, buffers.gradients(batch.slice)) {
                tape.seed(embedding, gradient.rows(rows))
            }
            tape.backward()
        }
    }

    private func buffers(for batch: Batch, _ widths: [Int]) -> PoolBuffers {
        if let buffers = poolBuffers[batch.entry], buffers.capacity >= batch.globalCount { return buffers }
        let buffers = PoolBuffers(capacity: batch.globalCount, widths: widths)
        poolBuffers[batch.entry] = buffers
        return buffers
    }
}

/// The gathered embeddings of an entry's batches and the gradients of the rank's own; allocated once.
private final class PoolBuffers {
    let capacity: Int
    private let widths: [Int]
    private let memory: Reservation

    init(capacity: Int, widths: [Int]) {
        self.capacity = capacity
        self.widths = widths
        memory = Reservation(byteCount: 2 * capacity * widths.reduce(0, +) * 4)
    }

    private func tensor(_ number: Int, isGradient: Bool) -> Tensor {
        let before = widths[..<number].reduce(0, +) + (isGradient ? widths.reduce(0, +) : 0)
        return Tensor(memory.base + before * capacity * 4, rows: capacity, columns: widths[number])
    }

    func pool(_ count: Int) -> [Tensor] { widths.indices.map { tensor($0, isGradient: false).rows(0..<count) } }

    func gradients(_ slice: Range<Int>) -> [Tensor] {
        widths.indices.map { tensor($0, isGradient: true).rows(0..<slice.count) }
    }

    func place(_ embeddings: [Tensor], _ positions: Range<Int>) {
        for (number, embedding) in embeddings.enumerated() {
            tensor(number, isGradient: false).rows(positions).floats.update(
                from: embedding.floats, count: embedding.count)
        }
    }

    func submit(_ number: Int, _ operation: Int, _ communication: CommunicationThread, own: Range<Int>) {
        let all = tensor(number, isGradient: false)
        let rows = all.rows(own)
        communication.submit(
            operation, rows: UnsafeBufferPointer(start: rows.floats, count: rows.count),
            into: UnsafeMutableBufferPointer(start: all.floats, count: all.count))
    }
}
