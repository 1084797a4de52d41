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
        let counts = [batch, shape.nodes, shape.ranks, shape.threads] + groupSteps.values
        guard let wrong = counts.first(where: { !(0...Self.countLimit).contains($0) }) else { return }
        throw DecodingError.dataCorrupted(
            .init(codingPath: container.codingPath, debugDescription: "a count of \(wrong)"))
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

    /// Reads weights, moments and group counters.
    func restore(_ checkpoint: Checkpoint, _ state: RunState) throws {
        try checkpoint.restoreWeights(into: store.restoreTargets(in: store.weights))
        try checkpoint.restoreOptimizer(.expAvg, into: store.restoreTargets(in: optimizer.firstMoments))
        try checkpoint.restoreOptimizer(.expAvgSq, into: store.restoreTargets(in: optimizer.secondMoments))
        optimizer.restore(groupSteps: state.groupSteps)
    }

    /// Reads weights only, as evaluation does.
    static func restoreWeights(_ checkpoint: Checkpoint, into store: ParameterStore) throws {
        try checkpoint.restoreWeights(into: store.restoreTargets(in: store.weights))
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
        func mismatch(_ found: String) -> CheckpointError {
            .mismatch(
                FileFault(
                    path: path, expected: "the configuration of a unimo2 model", found: found,
                    remedy: "name a checkpoint that this program wrote"))
        }
        let config: ModelConfig
        do { config = try JSONDecoder().decode(ModelConfig.self, from: Data(bytes)) } catch {
            throw mismatch("\(error)")
        }
        if let size = absurdSize(config) { throw mismatch(size) }
        if let contradiction = config.contradiction { throw mismatch(contradiction) }
        return config
    }

    /// The first size that no recipe could have asked for; nil when there is none.
    private static func absurdSize(_ config: ModelConfig) -> String? {
        typealias Size = (name: String, value: Int, range: ClosedRange<Int>)
        var sizes: [Size] = [
            ("vocabulary", config.vocabulary, 1...1 << 24), ("max_tokens", config.maxTokens, 1...1 << 16),
            ("image_size", config.imageSize, 1...1 << 16), ("patch_size", config.patchSize, 1...1 << 16),
            ("projection", config.projection, 1...1 << 16),
        ]
        for (name, stack) in [("vision", config.vision), ("text", config.text), ("grounded", config.grounded)] {
            sizes.append((name + ".layers", stack.layers, 0...1 << 16))
            sizes.append((name + ".width", stack.width, 1...1 << 16))
            sizes.append((name + ".heads", stack.heads, 1...1 << 16))
            sizes.append((name + ".feed_forward", stack.feedForward, 1...1 << 24))
        }
        if let dictionary = config.dictionary {
            sizes.append(("dictionary.codes", dictionary.codes, 1...1 << 24))
            sizes.append(("dictionary.chosen", dictionary.chosen, 1...1 << 16))
        }
        if let wrong = sizes.first(where: { !$0.range.contains($0.value) }) {
            return "\(wrong.name) \(wrong.value), not within \(wrong.range)"
        }
        return (0..<1).contains(config.dropout) ? nil : "dropout \(config.dropout)"
    }
}
