import Autograd
import Batches
import Collectives
import Models
import Objectives
import Runtime
import Tensors

/// Computes the loss, and when training the gradients, of one rank's slice of a batch, chunk by chunk.
final class BatchComputation {
    let model: any Model
    let arena: Arena
    let pool: WorkerPool
    let seed: UInt64
    /// Nil where nothing is computed, on an arena that only measures.
    let communication: CommunicationThread?
    private var poolBuffers: [Int: PoolBuffers] = [:]
    /// Groups whose parameters got a gradient, where the arena only measures.
    private(set) var measuredGroups: Set<String> = []

    init(model: any Model, arena: Arena, pool: WorkerPool, seed: UInt64, communication: CommunicationThread?) {
        precondition(arena.isMeasuring == (communication == nil), "ranks exchange nothing where nothing is computed")
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

    /// One batch's part in a step.
    struct Work {
        let batch: Batch
        let objective: any Objective
        /// Of each term, its weight over its global count; 0 where there is nothing to count.
        let scales: [Float]
        /// Operation numbers of the gathers of the pool or of the offers.
        let gathers: [Int]
        let training: Training?
        /// Told what each chunk's forward pass chose, chunks in order.
        let onChoice: (_ name: String, _ values: [Int32]) -> Void
    }

    /// - Returns: this rank's share of each term, times its weight.
    func run(_ work: Work) throws -> [Double] {
        switch work.objective {
        case let objective as any ChunkObjective:
            return summed(work, objective)
        case let objective as any PoolObjective:
            return try pooled(work, objective)
        case let objective as any ExchangeObjective:
            return try exchanged(work, objective)
        default:
            preconditionFailure("\(work.objective.name) is no chunk, pool or exchange objective")
        }
    }

    /// Widths of what ranks gather of each sample for an objective.
    func gathered(_ objective: any Objective) -> [Int] {
        func widths<O: PoolObjective>(_ objective: O) -> [Int] { objective.widths(subject(of: objective)) }
        func widths<O: ExchangeObjective>(_ objective: O) -> [Int] { objective.widths(subject(of: objective)) }
        return switch objective {
        case let objective as any PoolObjective: widths(objective)
        case let objective as any ExchangeObjective: widths(objective)
        default: []
        }
    }

    /// The model as the objective knows it.
    private func subject<O: Objective>(of objective: O) -> O.Subject {
        guard let subject = model as? O.Subject else {
            preconditionFailure("\(objective.name) trains \(O.Subject.self), the model is \(type(of: model))")
        }
        return subject
    }

    private func tape(_ work: Work, records: Bool) -> Tape {
        arena.reset()
        let key = RandomKey(seed: seed, batch: work.batch.number, purpose: .dropout(site: 0))
        return Tape(arena: arena, pool: pool, records: records, randomness: work.training == nil ? nil : key)
    }

    /// Each chunk forward and, in training, backward.
    private func chunks(_ work: Work, _ loss: (Chunk, Tape) -> [Double]) -> [Double] {
        var losses = work.scales.map { _ in 0.0 }
        for (index, chunk) in work.batch.chunks.enumerated() {
            let tape = tape(work, records: work.training != nil)
            tape.onChoice = work.onChoice
            if index == work.batch.chunks.count - 1 { tape.onFinal = work.training?.onFinal }
            for (term, share) in loss(chunk, tape).enumerated() { losses[term] += share }
            finish(tape)
        }
        return losses
    }

    private func finish(_ tape: Tape) {
        tape.backward()
        measuredGroups.formUnion(tape.measuredGroups)
    }

    private func summed(_ work: Work, _ objective: some ChunkObjective) -> [Double] {
        let model = subject(of: objective)
        return chunks(work) { objective.loss($0, model, scales: work.scales, $1) }
    }

    /// Gathers what every chunk offers, then computes chunk by chunk.
    private func exchanged(_ work: Work, _ objective: some ExchangeObjective) throws -> [Double] {
        let model = subject(of: objective)
        let buffers = try buffers(for: work.batch, objective.widths(model))
        for chunk in work.batch.chunks {
            let tape = tape(work, records: false)
            let offers = objective.offer(chunk, model, tape)
            tape.compute { buffers.place(offers, chunk.positions) }
        }
        try gather(buffers, work)
        let offers = buffers.pool(work.batch.globalCount)
        let random = RandomKey(seed: seed, batch: work.batch.number, purpose: .pool)
        return chunks(work) { objective.loss($0, offers, random, model, scales: work.scales, $1) }
    }

    private func gather(_ buffers: PoolBuffers, _ work: Work) throws {
        guard let communication else { return }
        for (number, operation) in work.gathers.enumerated() {
            buffers.submit(number, operation, communication, work.batch)
        }
        if let last = work.gathers.last { try communication.wait(last) }
    }

    /// Embeds every chunk, gathers, evaluates, and computes each chunk again with its embeddings' gradients. A slice of
    /// one chunk keeps its tape instead of computing twice.
    private func pooled(_ work: Work, _ objective: some PoolObjective) throws -> [Double] {
        let batch = work.batch
        let model = subject(of: objective)
        let buffers = try buffers(for: batch, objective.widths(model))
        let keepsTape = work.training != nil && batch.chunks.count == 1
        var losses = work.scales.map { _ in 0.0 }
        var kept: (Tape, [Variable])?
        for chunk in batch.chunks {
            let tape = tape(work, records: keepsTape)
            tape.onChoice = work.onChoice
            let embedded = objective.embed(chunk, model, scales: work.scales, tape)
            tape.compute { buffers.place(embedded.embeddings.map(\.value), chunk.positions) }
            for (term, share) in embedded.terms.enumerated() { losses[1 + term] += share }
            if keepsTape { kept = (tape, embedded.embeddings) }
        }
        try gather(buffers, work)
        let isFirst = communication?.rank ?? 0 == 0
        let pool = EmbeddingPool(
            embeddings: buffers.pool(batch.globalCount), own: batch.slice, gradients: buffers.gradients(batch.slice),
            addsSharedGradients: work.training != nil && isFirst)
        let tape = kept?.0 ?? tape(work, records: false)
        let loss = objective.loss(pool, model, ContrastiveLoss(tape))
        measuredGroups.formUnion(tape.measuredGroups)
        if work.training != nil { differentiate(work, objective, buffers, kept) }
        if isFirst { losses[0] = loss }
        return losses
    }

    private func differentiate(
        _ work: Work, _ objective: some PoolObjective, _ buffers: PoolBuffers, _ kept: (Tape, [Variable])?
    ) {
        let batch = work.batch
        let model = subject(of: objective)
        for (index, chunk) in batch.chunks.enumerated() {
            let (tape, embeddings): (Tape, [Variable])
            if let kept {
                (tape, embeddings) = kept
            } else {
                tape = self.tape(work, records: true)
                embeddings = objective.embed(chunk, model, scales: work.scales, tape).embeddings
            }
            if index == batch.chunks.count - 1 { tape.onFinal = work.training?.onFinal }
            let first = batch.slice.lowerBound
            let rows = chunk.positions.lowerBound - first..<chunk.positions.upperBound - first
            for (embedding, gradient) in zip(embeddings, buffers.gradients(batch.slice)) {
                tape.seed(embedding, gradient.rows(rows))
            }
            finish(tape)
        }
    }

    private func buffers(for batch: Batch, _ widths: [Int]) throws(MemoryFault) -> PoolBuffers {
        if let buffers = poolBuffers[batch.entry], buffers.capacity >= batch.globalCount { return buffers }
        let buffers =
            arena.isMeasuring
            ? PoolBuffers(measuring: batch.globalCount, widths: widths)
            : try PoolBuffers(capacity: batch.globalCount, widths: widths)
        poolBuffers[batch.entry] = buffers
        return buffers
    }
}
