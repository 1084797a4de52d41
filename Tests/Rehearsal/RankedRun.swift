import Autograd
public import Batches
public import Collectives
public import Models
import Objectives
import Runtime
import Tensors
public import Training

/// Training steps on ranks that are threads of this process: the real trainer, communication threads and reduction over
/// the in-memory twin of a cluster.
public struct RankedRun: Sendable {
    /// A global batch and the mixture entry it belongs to.
    public struct GlobalBatch: Sendable {
        public var entry: Int
        public var samples: [Sample]

        public init(entry: Int = 0, samples: [Sample]) {
            self.entry = entry
            self.samples = samples
        }
    }

    /// What the ranks came to; they have been found equal.
    public struct Outcome: Sendable {
        /// Reports of each step.
        public var reports: [StepReport] = []
        /// After reduction, before the first update, by parameter; only those of active groups.
        public var gradients: [String: [Float]] = [:]
        /// Of rank 0 in the first step, by batch.
        public var choices: [[String: [Int32]]] = []
        /// At the end.
        public var weights: [String: [Float]] = [:]

        public var losses: [[Double]] { reports.map { $0.batches.map(\.loss) } }
        /// Comparable even where a loss is not a number.
        var lossBits: [[UInt64]] { losses.map { $0.map(\.bitPattern) } }
    }

    public struct Disagreement: Error { public let what: String }

    public var model: ModelConfig
    public var entries: [TrainedEntry]
    /// Batches of each step.
    public var steps: [[GlobalBatch]]
    /// Weights that do not start as the seed draws them.
    public var weights: [String: [Float]] = [:]
    public var optimizer = OptimizerConfig(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01, clipNorm: 1)
    public var schedule = Schedule(peak: 1e-3, decay: .constant, warmupSteps: 0, totalSteps: 1000, finalRatio: 1)
    public var ranks = 1
    public var threads = 1
    public var reduction = Reduction.auto
    /// Samples of a chunk; nil for the whole slice.
    public var chunkSize: Int?
    public var arenaBytes = 256 << 20
    /// Called on every rank after each step.
    public var afterStep: (@Sendable (_ step: Int, _ trainer: Trainer) -> Void)?

    public init(config: UNIMO2Config, entries: [TrainedEntry], steps: [[GlobalBatch]]) {
        self.init(model: .unimo2(config), entries: entries, steps: steps)
    }

    public init(model: ModelConfig, entries: [TrainedEntry], steps: [[GlobalBatch]]) {
        self.model = model
        self.entries = entries
        self.steps = steps
    }

    /// The sizes, where the model is a UNIMO-2.
    public var config: UNIMO2Config {
        get {
            guard case .unimo2(let config) = model else { preconditionFailure("a run of \(model.kind.rawValue)") }
            return config
        }
        set { model = .unimo2(newValue) }
    }

    /// Runs the steps on every rank.
    public func run() throws -> Outcome {
        let run = self
        let outcomes = try onEachRank { trainer, source in try run.train(trainer, source) }
        for (rank, outcome) in outcomes.enumerated() {
            if RankedRun.bits(outcome.gradients) != RankedRun.bits(outcomes[0].gradients) {
                throw Disagreement(what: "gradients of ranks 0 and \(rank)")
            }
            if RankedRun.bits(outcome.weights) != RankedRun.bits(outcomes[0].weights) {
                throw Disagreement(what: "weights of ranks 0 and \(rank)")
            }
            if outcome.lossBits != outcomes[0].lossBits { throw Disagreement(what: "losses of ranks 0 and \(rank)") }
        }
        return outcomes[0]
    }

    /// Calls `body` on every rank with a trainer and the run's batches.
    public func onEachRank<Result: Sendable>(
        _ body: @escaping @Sendable (Trainer, any BatchSource) throws -> Result
    ) throws -> [Result] {
        MatrixLibrary.configure()
        let run = self
        return try LoopbackHub(ranks: ranks).run { try run.rank($0, body) }.map { try $0.get() }
    }

    private func rank<Result>(
        _ transport: LoopbackTransport, _ body: (Trainer, any BatchSource) throws -> Result
    ) throws -> Result {
        let communication = try CommunicationThread(computeThreads: threads, deadline: 60) { transport }
        let pool = WorkerPool(threads: threads)
        let model = model.makeModel()
        let count = ParameterStore.count(model.parameters, alignment: 16 * ranks)
        let region = try SharedRegion(byteCount: count * 4, name: "gradients")
        let store = try ParameterStore(model.parameters, alignment: 16 * ranks, gradients: region.base)
        store.initialize(seed: 1)
        for (name, values) in weights {
            guard let parameter = store[name], parameter.count == values.count else {
                throw Disagreement(what: "weights of \(name)")
            }
            parameter.value.floats.update(from: values, count: values.count)
        }
        _ = try communication.attach(gradients: region, reduction: reduction)
        let trainer = Trainer(
            model: model, store: store, optimizer: try Optimizer(optimizer, store: store, pool: pool),
            schedule: schedule,
            entries: entries, batchesPerStep: steps[0].count, seed: 7, arena: try Arena(capacity: arenaBytes),
            pool: pool,
            communication: communication)
        let result = try body(trainer, ListSource(run: self, rank: communication.rank))
        _ = try communication.leave(.done)
        return result
    }

    /// Comparable even where numbers are not.
    private static func bits(_ values: [String: [Float]]) -> [String: [UInt32]] {
        values.mapValues { $0.map(\.bitPattern) }
    }

    private func train(_ trainer: Trainer, _ source: any BatchSource) throws -> Outcome {
        var outcome = Outcome()
        let store = trainer.store
        trainer.onGradients = { trace in
            guard trace.step == 0 else { return }
            outcome.choices = trace.choices
            for (group, isActive) in zip(store.groups, trace.active) where isActive {
                for parameter in store.parameters where parameter.group == group.name {
                    outcome.gradients[parameter.name] = RankedRun.elements(parameter.gradient)
                }
            }
        }
        for step in steps.indices {
            outcome.reports.append(try trainer.runStep(source, stopRequested: false))
            afterStep?(step, trainer)
        }
        for parameter in store.parameters { outcome.weights[parameter.name] = RankedRun.elements(parameter.value) }
        trainer.onGradients = nil
        return outcome
    }

    private static func elements(_ tensor: Tensor) -> [Float] {
        Array(UnsafeBufferPointer(start: tensor.floats, count: tensor.count))
    }
}

/// The run's batches one after another, as one rank sees them; from the start again after the last.
private final class ListSource: BatchSource {
    private let run: RankedRun
    private let rank: Int
    private let batches: [RankedRun.GlobalBatch]
    private var number = 0

    init(run: RankedRun, rank: Int) {
        self.run = run
        self.rank = rank
        batches = run.steps.flatMap { $0 }
    }

    func next() throws -> Batch {
        defer { number += 1 }
        let batch = batches[number % batches.count]
        let slice = Batch.slice(of: batch.samples.count, rank: rank, ranks: run.ranks)
        let size = max(run.chunkSize ?? slice.count, 1)
        let chunks = stride(from: slice.lowerBound, to: slice.upperBound, by: size).map { start in
            let positions = start..<min(start + size, slice.upperBound)
            return Chunk(
                positions: positions, samples: Array(batch.samples[positions]),
                needs: run.entries[batch.entry].objective.needs)
        }
        return Batch(
            number: number, entry: batch.entry, globalCount: batch.samples.count, slice: slice, chunks: chunks)
    }
}
