import Autograd
import Checkpoints
import Collectives
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
}

extension RunState.Shape {
    init(_ communication: CommunicationThread, threads: Int) {
        self.init(
            nodes: Set(communication.topology.nodes).count, ranks: communication.size, threads: threads,
            cpu: Machine.names(level: Machine.buildLevel).joined(separator: " "),
            libraries: "\(MatrixLibrary.description)")
    }
}

/// The numbers of a run on their way to and from a checkpoint.
struct Snapshot {
    let store: ParameterStore
    let optimizer: Optimizer

    var contents: CheckpointContents {
        CheckpointContents(
            weights: tensors(store.weights),
            optimizer: [.expAvg: tensors(optimizer.firstMoments), .expAvgSq: tensors(optimizer.secondMoments)])
    }

    private func tensors(_ base: UnsafeMutablePointer<Float>) -> [CheckpointTensor] {
        store.parameters.map { parameter in
            CheckpointTensor(
                name: parameter.name, shape: parameter.shape,
                bytes: UnsafeRawBufferPointer(start: base + parameter.range.lowerBound, count: parameter.count * 4))
        }
    }

    private func targets(_ base: UnsafeMutablePointer<Float>) -> [RestoreTarget] {
        store.parameters.map { parameter in
            RestoreTarget(
                name: parameter.name, shape: parameter.shape,
                bytes: UnsafeMutableRawBufferPointer(
                    start: base + parameter.range.lowerBound, count: parameter.count * 4))
        }
    }

    /// Reads weights, moments and group counters.
    func restore(_ checkpoint: Checkpoint, _ state: RunState) throws {
        try checkpoint.restoreWeights(into: targets(store.weights))
        try checkpoint.restoreOptimizer(.expAvg, into: targets(optimizer.firstMoments))
        try checkpoint.restoreOptimizer(.expAvgSq, into: targets(optimizer.secondMoments))
        optimizer.restore(groupSteps: state.groupSteps)
    }

    /// Reads weights only, as evaluation does.
    static func restoreWeights(_ checkpoint: Checkpoint, into store: ParameterStore) throws {
        try checkpoint.restoreWeights(
            into: store.parameters.map { parameter in
                RestoreTarget(
                    name: parameter.name, shape: parameter.shape,
                    bytes: UnsafeMutableRawBufferPointer(
                        start: store.weights + parameter.range.lowerBound, count: parameter.count * 4))
            })
    }
}

/// `config.json`, as this program and the PyTorch reference read it.
enum ConfigFile {
    static func bytes(_ config: ModelConfig) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return Array(try encoder.encode(config)) + [UInt8(ascii: "\n")]
    }

    static func config(_ bytes: [UInt8], path: String) throws -> ModelConfig {
        do { return try JSONDecoder().decode(ModelConfig.self, from: Data(bytes)) } catch {
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "the configuration of a unimo2 model", found: "\(error)",
                    remedy: "name a checkpoint that this program wrote"))
        }
    }
}
