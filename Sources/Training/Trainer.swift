public import Autograd
public import Batches
public import Collectives
public import Models
import Objectives
public import Runtime
public import Tensors

/// What a step came to, over all ranks.
public struct StepReport: Sendable {
    public struct BatchReport: Sendable {
        public let entry: Int
        public let number: Int
        public let loss: Double
        public let samples: Int
        public let tokens: Int
    }

    public let step: Int
    public let batches: [BatchReport]
    public let learningRate: Float
    public let gradientNorm: Double
    public let seconds: Double
    /// Of the rank that waited longest.
    public let dataWait: Double
    public let exposedCommunication: Double
    /// Non-finite numbers: the update was left out.
    public let isSkipped: Bool
    /// Some rank was asked to stop.
    public let stopRequested: Bool
}

/// One optimizer update at a time: batches in, weights changed, a report out. Sees neither corpora nor files.
public final class Trainer {
    public let model: UNIMO2
    public let store: ParameterStore
    public let optimizer: Optimizer
    public let schedule: Schedule
    /// Updates finished, skipped ones included.
    public private(set) var step = 0
    /// Called with the step's batches when its gradients are reduced, before the update.
    public var onGradients: ((_ step: Int, _ batches: [Batch], _ losses: [Double], _ active: [Bool]) throws -> Void)?

    private let entries: [TrainedEntry]
    private let batchesPerStep: Int
    private let communication: CommunicationThread
    private let computation: BatchComputation
    private let buckets: GradientBuckets
    private let numbers: Numbers

    /// - Parameters:
    ///   - store: of the model's parameters, padded to 16 · R; its gradients attached to the communication thread.
    ///   - seed: of dropout.
    public init(
        model: UNIMO2, store: ParameterStore, optimizer: Optimizer, schedule: Schedule, entries: [TrainedEntry],
        batchesPerStep: Int, seed: UInt64, arena: Arena, pool: WorkerPool, communication: CommunicationThread
    ) {
        self.model = model
        self.store = store
        self.optimizer = optimizer
        self.schedule = schedule
        self.entries = entries
        self.batchesPerStep = batchesPerStep
        self.communication = communication
        computation = BatchComputation(
            model: model, arena: arena, pool: pool, seed: seed, communication: communication)
        buckets = GradientBuckets(store, alignment: 16 * communication.size)
        numbers = Numbers(ranks: communication.size)
    }

    /// Runs the next step on the next batches of `source`.
    /// - Parameter stopRequested: whether this rank has been asked to stop.
    public func runStep(_ source: any BatchSource, stopRequested: Bool) throws -> StepReport {
        let start = Clock.seconds
        let exposedBefore = communication.exposedSeconds
        let batches = try (0..<batchesPerStep).map { _ in try source.next() }
        let dataWait = Clock.seconds - start
        let plan = plan(batches, trains: true)
        let losses = try compute(batches, plan) { control in
            control[0] = stopRequested ? 1 : 0
            control[1 + communication.rank] = dataWait
        }
        let rate = schedule.rate(step)
        let norm = optimizer.gradientNorm(active: plan.active)
        let isSkipped = !norm.isFinite || losses.contains { !$0.isFinite }
        try onGradients?(step, batches, losses, plan.active)
        if isSkipped {
            optimizer.discard(active: plan.active)
        } else {
            optimizer.update(learningRate: rate, gradientNorm: norm, active: plan.active)
            clipTemperature()
        }
        defer { step += 1 }
        return StepReport(
            step: step, batches: reports(batches, losses), learningRate: rate, gradientNorm: norm,
            seconds: Clock.seconds - start, dataWait: numbers.control[1...].prefix(communication.size).max() ?? 0,
            exposedCommunication: communication.exposedSeconds - exposedBefore, isSkipped: isSkipped,
            stopRequested: numbers.control[0] > 0)
    }

    /// Most bytes of activations, gradients of activations and scratch that a step has needed.
    public var arenaHighWater: Int { computation.arena.highWater }

    /// Goes on after `step` finished updates; weights and moments have been restored.
    public func resume(at step: Int) { self.step = step }

    /// The losses of held-out batches, without dropout; nothing changes.
    public func validate(_ batches: [Batch]) throws -> [StepReport.BatchReport] {
        let losses = try compute(batches, plan(batches, trains: false)) { _ in }
        return reports(batches, losses)
    }

    private func plan(_ batches: [Batch], trains: Bool) -> StepPlan {
        StepPlan(
            batches, entries, groups: store.groups.map(\.name), buckets: buckets.buckets, config: model.config,
            ranks: communication.size, trains: trains, controlCount: 1 + communication.size + batches.count)
    }

    /// Forward, and when the plan reduces anything backward, over all batches.
    /// - Returns: the global loss of each batch.
    private func compute(
        _ batches: [Batch], _ plan: StepPlan, control: (UnsafeMutableBufferPointer<Double>) -> Void
    ) throws -> [Double] {
        let trains = plan.active.contains(true)
        communication.begin(plan.operations, step: step)
        buckets.begin()
        try agreeOnCounts(batches)
        numbers.clearControl(count: 1 + communication.size + batches.count)
        control(numbers.control)
        for (index, batch) in batches.enumerated() {
            let final = plan.finalGroups[index]
            let names = Set(final.map { store.groups[$0].name })
            let training = BatchComputation.Training { [buckets] parameter in
                if names.contains(parameter.group) { buckets.finish(parameter) { self.submit($0, plan) } }
            }
            numbers.control[1 + communication.size + index] = try computation.run(
                batch, entries[batch.entry].objective, count: numbers.counts[2 * index], gathers: plan.gathers[index],
                training: trains ? training : nil)
            for group in final { buckets.finish(group: group) { submit($0, plan) } }
        }
        communication.submit(plan.control, sums: numbers.control)
        try communication.finish()
        return batches.indices.map { numbers.control[1 + communication.size + $0] }
    }

    private func submit(_ bucket: Int, _ plan: StepPlan) {
        if let operation = plan.bucketOperations[bucket] { communication.submit(operation) }
    }

    /// What each loss is divided by, and tokens for the log, summed over ranks before anything is computed.
    private func agreeOnCounts(_ batches: [Batch]) throws {
        numbers.clearCounts(count: 2 * batches.count)
        for (index, batch) in batches.enumerated() {
            let objective = entries[batch.entry].objective
            numbers.counts[2 * index] = Double(batch.chunks.reduce(0) { $0 + objective.count($1) })
            numbers.counts[2 * index + 1] = Double(batch.chunks.reduce(0) { $0 + ($1.text?.tokens.count ?? 0) })
        }
        communication.submit(StepPlan.counts, sums: numbers.counts)
        try communication.wait(StepPlan.counts)
    }

    private func reports(_ batches: [Batch], _ losses: [Double]) -> [StepReport.BatchReport] {
        batches.indices.map { index in
            StepReport.BatchReport(
                entry: batches[index].entry, number: batches[index].number, loss: losses[index],
                samples: batches[index].globalCount, tokens: Int(numbers.counts[2 * index + 1]))
        }
    }

    /// τ stays where the paper keeps it: the stored value is clipped, so that its moments never push from outside.
    private func clipTemperature() {
        let value = model.temperature.value.floats
        let range = UNIMO2.temperatureRange
        value[0] = min(max(value[0], range.lowerBound), range.upperBound)
    }
}

/// The small vectors that ranks sum; they live as long as the trainer, because operations borrow them.
private final class Numbers {
    private(set) var counts: UnsafeMutableBufferPointer<Double>
    private(set) var control: UnsafeMutableBufferPointer<Double>
    private let memory: UnsafeMutableBufferPointer<Double>
    private static let most = 4096

    init(ranks: Int) {
        memory = .allocate(capacity: 2 * Numbers.most + ranks)
        memory.initialize(repeating: 0)
        counts = UnsafeMutableBufferPointer(rebasing: memory[..<0])
        control = counts
    }

    deinit { memory.deallocate() }

    func clearCounts(count: Int) {
        precondition(count <= Numbers.most, "\(count) counts in one step")
        counts = UnsafeMutableBufferPointer(rebasing: memory[..<count])
        counts.update(repeating: 0)
    }

    func clearControl(count: Int) {
        precondition(count <= memory.count - Numbers.most, "\(count) control numbers in one step")
        control = UnsafeMutableBufferPointer(rebasing: memory[Numbers.most..<Numbers.most + count])
        control.update(repeating: 0)
    }
}
