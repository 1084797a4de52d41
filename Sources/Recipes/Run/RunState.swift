import Autograd
import Checkpoints
import Collectives
import Corpora
import Foundation
import Models
import Runtime
import Storage
import Tensors
import Text
import Training

/// What `state.json` holds besides tensors: everything a run needs to go on exactly where it was.
struct RunState: Codable {
    /// How the job was launched; another shape goes on too, but not bit for bit.
    struct Shape: Codable, Equatable {
        var nodes: Int
        var ranks: Int
        var threads: Int
        var cpu: String
        var libraries: String
    }

    var seed: UInt64
    /// Number of the next batch.
    var batch: Int
    /// Updates of each parameter group.
    var groupSteps: [String: Int]
    var shape: Shape
    /// `recipe.resolved.yaml`.
    var recipe: String
    /// The corpora by name.
    var data: [String: CorpusIdentity]
    /// What was used up of the run's budgets; nothing in older checkpoints.
    var spent = SpentBudgets()
}

extension RunState {
    /// Updates and batches in a run at most.
    private static let countLimit = 1 << 50

    /// Numbers that no run could have counted are damage.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        seed = try container.decode(UInt64.self, forKey: .seed)
        batch = try container.decode(Int.self, forKey: .batch)
        groupSteps = try container.decode([String: Int].self, forKey: .groupSteps)
        shape = try container.decode(Shape.self, forKey: .shape)
        recipe = try container.decode(String.self, forKey: .recipe)
        data = try container.decode([String: CorpusIdentity].self, forKey: .data)
        spent = try container.decodeIfPresent(SpentBudgets.self, forKey: .spent) ?? SpentBudgets()
        let counts =
            [batch, shape.nodes, shape.ranks, shape.threads, spent.skippedSteps] + groupSteps.values
            + spent.badSamples.values.map(\.count)
        guard let wrong = counts.first(where: { !(0...Self.countLimit).contains($0) }) else { return }
        throw JSONDocument.Fault(expected: "counts in 0...\(Self.countLimit)", found: "\(wrong)")
    }
}

extension RunState.Shape {
    init(_ communication: CommunicationThread, threads: Int) {
        self.init(
            nodes: Set(communication.topology.nodes).count, ranks: communication.size, threads: threads,
            cpu: Machine.names(level: Machine.buildLevel).joined(separator: " "),
            libraries: "\(MatrixLibrary.description)")
    }
}

extension ParameterStore {
    /// A flat arena laid out as the weights are, tensor by tensor.
    func checkpointTensors(of base: UnsafeMutablePointer<Float>) -> [CheckpointTensor] {
        parameters.map { parameter in
            CheckpointTensor(
                name: parameter.name, shape: parameter.shape,
                bytes: UnsafeRawBufferPointer(start: base + parameter.range.lowerBound, count: parameter.count * 4))
        }
    }

    /// Where a checkpoint's numbers go in such an arena, tensor by tensor.
    func restoreTargets(in base: UnsafeMutablePointer<Float>) -> [RestoreTarget] {
        parameters.map { $0.restoreTarget(in: base) }
    }
}

extension Parameter {
    /// Where a checkpoint's numbers of this parameter go in a flat arena.
    func restoreTarget(in base: UnsafeMutablePointer<Float>) -> RestoreTarget {
        RestoreTarget(
            name: name, shape: shape,
            bytes: UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: count * 4))
    }
}

/// The numbers of a run on their way to and from a checkpoint.
struct Snapshot {
    let store: ParameterStore
    let optimizer: Optimizer

    var contents: CheckpointContents {
        CheckpointContents(
            weights: store.checkpointTensors(of: store.weights),
            optimizer: [
                .expAvg: store.checkpointTensors(of: optimizer.firstMoments),
                .expAvgSq: store.checkpointTensors(of: optimizer.secondMoments),
            ])
    }

    /// Reads weights, moments and group counters, and checks every byte of the tensors on the way.
    func restore(_ checkpoint: Checkpoint, _ state: RunState, pool: WorkerPool) throws {
        try checkpoint.restoreVerified(
            weights: store.restoreTargets(in: store.weights),
            optimizer: [
                .expAvg: store.restoreTargets(in: optimizer.firstMoments),
                .expAvgSq: store.restoreTargets(in: optimizer.secondMoments),
            ], pool: pool)
        optimizer.restore(groupSteps: state.groupSteps)
    }

    /// The weights of a checkpoint only, as evaluation reads them. No memory is asked for before the files are known to hold
    /// what `config.json` says.
    /// - Parameter parameters: all of the checkpoint's, or some where others are allowed.
    static func store(
        _ checkpoint: Checkpoint, of parameters: [Parameter], allowingOthers: Bool = false
    ) throws -> ParameterStore {
        let wanted = parameters.map { StoredTensor(name: $0.name, dtype: .f32, shape: $0.shape) }
        try checkpoint.checkWeights(wanted, allowingOthers: allowingOthers)
        let store = try ParameterStore(parameters, alignment: 16)
        try checkpoint.restoreWeights(
            into: store.restoreTargets(in: store.weights), allowingOthers: allowingOthers)
        return store
    }
}
