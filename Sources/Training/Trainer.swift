public import Autograd
public import Batches
public import Collectives
public import Models
import Objectives
public import Runtime
public import Tensors

/// What a step came to, over all ranks.
public struct StepReport: Sendable {
    /// A summand of a batch's loss.
    public struct Term: Sendable {
        public let name: String
        /// What it was divided by, over all ranks.
        public let count: Double
        public let weight: Double
        /// Without its weight.
        public let value: Double
    }

    public struct BatchReport: Sendable {
        public let entry: Int
        public let number: Int
        /// Σ weight · term.
        public let loss: Double
        /// The objective's own first.
        public let terms: [Term]
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
    /// How often each code of the dictionary was chosen in this step; empty without one.
    public let codeUses: [Double]
}

/// A step between reduction and update, for whoever wants to look.
public struct StepTrace {
    public let step: Int
    /// As this rank sees them.
    public let batches: [Batch]
    public let reports: [StepReport.BatchReport]
    /// Parameter groups that have a gradient, in the order of the store's.
    public let active: [Bool]
    /// What the forward pass of each batch chose on this rank, samples in order, by name.
    public let choices: [[String: [Int32]]]
}

/// One optimizer update at a time: batches in, weights changed, a report out. Sees neither corpora nor files.
public final class Trainer {
    public let model: any Model
    public let store: ParameterStore
    public let optimizer: Optimizer
    public let schedule: Schedule
    /// Updates finished, skipped ones included.
    public private(set) var step = 0
    /// Called when the step's gradients are reduced, before the update.
    public var onGradients: ((StepTrace) throws -> Void)? { didSet { choices.isKept = onGradients != nil } }

    private let entries: [TrainedEntry]
    private let batchesPerStep: Int
    private let communication: CommunicationThread
    private let computation: BatchComputation
    private let buckets: GradientBuckets
    private let numbers: StepNumbers
    private let choices = Choices()

    /// Held-out batches whose losses ranks sum in one list of operations.
    private static let validatedTogether = 32

    /// - Parameters:
    ///   - store: of the model's parameters, padded to 16 · R; its gradients attached to the communication thread.
    ///   - seed: of dropout.
    public init(
        model: any Model, store: ParameterStore, optimizer: Optimizer, schedule: Schedule, entries: [TrainedEntry],
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
        numbers = StepNumbers(
            batches: max(batchesPerStep, Trainer.validatedTogether),
            terms: entries.map(\.objective.terms.count).max() ?? 0, ranks: communication.size, codes: model.codeCount)
    }

    /// Runs the next step on the next batches of `source`.
    /// - Parameter stopRequested: whether this rank has been asked to stop.
    public func runStep(_ source: any BatchSource, stopRequested: Bool) throws -> StepReport {
        let start = Clock.seconds
        let exposedBefore = communication.exposedSeconds
        let batches = try (0..<batchesPerStep).map { _ in try source.next() }
        let dataWait = Clock.seconds - start
        let plan = plan(batches, trains: true)
        let reports = try compute(batches, plan) { control in
            control[0] = stopRequested ? 1 : 0
            control[1 + communication.rank] = dataWait
        }
        let rate = schedule.rate(step)
        let norm = optimizer.gradientNorm(active: plan.active)
        let isSkipped = !norm.isFinite || reports.contains { !$0.loss.isFinite }
        try onGradients?(
            StepTrace(step: step, batches: batches, reports: reports, active: plan.active, choices: choices.values))
        if isSkipped {
            optimizer.discard(active: plan.active)
        } else {
            optimizer.update(learningRate: rate, gradientNorm: norm, active: plan.active)
            clipScalars()
        }
        defer { step += 1 }
        return StepReport(
            step: step, batches: reports, learningRate: rate, gradientNorm: norm,
            seconds: Clock.seconds - start, dataWait: numbers.dataWaits.max() ?? 0,
            exposedCommunication: communication.exposedSeconds - exposedBefore, isSkipped: isSkipped,
            stopRequested: numbers.control[0] > 0, codeUses: Array(numbers.codeUses))
    }

    /// Most bytes of activations, gradients of activations and scratch that a step has needed.
    public var arenaHighWater: Int { computation.arena.highWater }

    /// Goes on after `step` finished updates; weights and moments have been restored.
    public func resume(at step: Int) { self.step = step }

    /// The losses of held-out batches, without dropout; nothing changes.
    public func validate(_ batches: [Batch]) throws -> [StepReport.BatchReport] {
        try stride(from: 0, to: batches.count, by: Trainer.validatedTogether).flatMap { start in
            let part = Array(batches[start..<min(start + Trainer.validatedTogether, batches.count)])
            return try compute(part, plan(part, trains: false)) { _ in }
        }
    }

    private func plan(_ batches: [Batch], trains: Bool) -> StepPlan {
        numbers.layOut(batches.map { entries[$0.entry].objective.terms.count })
        return StepPlan(
            batches, entries, groups: store.groups.map(\.name), buckets: buckets.buckets,
            gathered: batches.map { computation.gathered(entries[$0.entry].objective) },
            ranks: communication.size, trains: trains, countCount: numbers.counts.count,
            controlCount: numbers.control.count)
    }

    /// Forward, and when the plan reduces anything backward, over all batches.
    /// - Returns: the global losses of each batch.
    private func compute(
        _ batches: [Batch], _ plan: StepPlan, control: (UnsafeMutableBufferPointer<Double>) -> Void
    ) throws -> [StepReport.BatchReport] {
        let trains = plan.active.contains(true)
        communication.begin(plan.operations, step: step)
        buckets.begin()
        try agreeOnCounts(batches)
        control(numbers.control)
        choices.begin(batches.count)
        for (index, batch) in batches.enumerated() {
            let final = plan.finalGroups[index]
            let names = Set(final.map { store.groups[$0].name })
            let training = BatchComputation.Training { [buckets] parameter in
                if names.contains(parameter.group) { buckets.finish(parameter) { self.submit($0, plan) } }
            }
            let objective = entries[batch.entry].objective
            let losses = try computation.run(
                BatchComputation.Work(
                    batch: batch, objective: objective, scales: scales(objective, index), gathers: plan.gathers[index],
                    training: trains ? training : nil
                ) { [choices, numbers] name, values in
                    choices.add(name, values, batch: index)
                    if name == "codes" { numbers.count(codes: values) }
                })
            for (term, loss) in losses.enumerated() { numbers.terms[index][term] = loss }
            for group in final { buckets.finish(group: group) { submit($0, plan) } }
        }
        communication.submit(plan.control, sums: numbers.control)
        try communication.finish()
        return reports(batches)
    }

    /// Of each term of batch `index`, its weight over its global count.
    private func scales(_ objective: any Objective, _ index: Int) -> [Float] {
        zip(objective.terms, numbers.termCounts[index]).map { term, count in
            count > 0 ? term.weight / Float(count) : 0
        }
    }

    private func submit(_ bucket: Int, _ plan: StepPlan) {
        if let operation = plan.bucketOperations[bucket] { communication.submit(operation) }
    }

    /// What each term is divided by, and tokens for the log, summed over ranks before anything is computed.
    private func agreeOnCounts(_ batches: [Batch]) throws {
        for (index, batch) in batches.enumerated() {
            let objective = entries[batch.entry].objective
            for chunk in batch.chunks {
                for (term, count) in objective.counts(chunk).enumerated() {
                    numbers.termCounts[index][term] += Double(count)
                }
            }
            numbers.tokens[index] = Double(batch.chunks.reduce(0) { $0 + ($1.text?.tokens.count ?? 0) })
        }
        communication.submit(StepPlan.counts, sums: numbers.counts)
        try communication.wait(StepPlan.counts)
    }

    private func reports(_ batches: [Batch]) -> [StepReport.BatchReport] {
        batches.indices.map { index in
            let losses = numbers.terms[index]
            let terms = zip(entries[batches[index].entry].objective.terms, losses).enumerated().map { number, term in
                let weight = Double(term.0.weight)
                return StepReport.Term(
                    name: term.0.name, count: numbers.termCounts[index][number], weight: weight, value: term.1 / weight)
            }
            return StepReport.BatchReport(
                entry: batches[index].entry, number: batches[index].number, loss: losses.reduce(0, +),
                terms: terms, samples: batches[index].globalCount, tokens: Int(numbers.tokens[index]))
        }
    }

    private func clipScalars() {
        for (parameter, range) in model.clippedScalars {
            let value = parameter.value.floats
            value[0] = min(max(value[0], range.lowerBound), range.upperBound)
        }
    }
}

/// What forward passes chose in a step, by batch and name.
private final class Choices {
    private(set) var values: [[String: [Int32]]] = []
    /// Kept only when somebody looks: a step allocates nothing for nobody.
    var isKept = false

    func begin(_ batches: Int) { values = isKept ? Array(repeating: [:], count: batches) : [] }

    func add(_ name: String, _ choice: [Int32], batch: Int) {
        if isKept { values[batch][name, default: []] += choice }
    }
}
