import Checkpoints
import Runtime
import Storage

/// What training would keep in `state.json`.
struct ToyState: Codable, Equatable {
    var batches: Int
    var learningRate: Double
}

/// A few weights with moments, in buffers of their own.
final class ToyModel {
    static let shapes: [(name: String, shape: [Int])] = [
        ("embeddings.weight", [50, 7]), ("layer.0.bias", [3]), ("layer.0.weight", [40, 10]), ("scale", []),
    ]

    private let buffers: [UnsafeMutablePointer<Float>]
    private let counts: [Int]

    /// - Parameter seed: nil leaves zeros.
    init(seed: Int? = nil) {
        counts = (0..<3).flatMap { _ in Self.shapes.map { $0.shape.reduce(1, *) } }
        buffers = counts.map { .allocate(capacity: $0) }
        for (number, buffer) in buffers.enumerated() {
            for element in 0..<counts[number] {
                buffer[element] = seed.map { Float(($0 + 1) * 1000 + number * 100) + Float(element) / 512 } ?? 0
            }
        }
    }

    deinit { for buffer in buffers { buffer.deallocate() } }

    private func tensors(_ group: Int) -> [CheckpointTensor] {
        Self.shapes.enumerated().map { number, tensor in
            let place = group * Self.shapes.count + number
            return CheckpointTensor(
                name: tensor.name, shape: tensor.shape,
                bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(start: buffers[place], count: counts[place])))
        }
    }

    private func targets(_ group: Int) -> [RestoreTarget] {
        Self.shapes.enumerated().map { number, tensor in
            let place = group * Self.shapes.count + number
            return RestoreTarget(
                name: tensor.name, shape: tensor.shape,
                bytes: UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(start: buffers[place], count: counts[place])))
        }
    }

    var contents: CheckpointContents {
        CheckpointContents(weights: tensors(0), optimizer: [.expAvg: tensors(1), .expAvgSq: tensors(2)])
    }

    var values: [[Float]] { zip(buffers, counts).map { Array(UnsafeBufferPointer(start: $0, count: $1)) } }

    /// Every file read once and checked on the way.
    func restoreVerified(from checkpoint: Checkpoint, threads: Int = 1) throws {
        try checkpoint.restoreVerified(
            weights: targets(0), optimizer: [.expAvg: targets(1), .expAvgSq: targets(2)],
            pool: WorkerPool(threads: threads))
    }

    func restore(from checkpoint: Checkpoint) throws {
        try checkpoint.restoreWeights(into: targets(0))
        try checkpoint.restoreOptimizer(.expAvg, into: targets(1))
        try checkpoint.restoreOptimizer(.expAvgSq, into: targets(2))
    }

    /// Saves as `ranks` ranks would, one after the other.
    func save(to directory: String, step: Int, ranks: Int = 1, fileSize: Int = 1000) throws {
        let writer = CheckpointWriter(
            directory: directory, step: step, layout: CheckpointLayout(contents, fileSize: fileSize))
        do {
            try writer.begin()
            let parts = try (0..<ranks).flatMap { try writer.write(contents, rank: $0, ranks: ranks) }
            try writer.commit(
                parts: parts, state: ToyState(batches: 10 * step, learningRate: 0.1), config: Array("{}\n".utf8),
                companions: [.init(name: "vocab.json", bytes: Array("{\"a\":1}".utf8))])
        } catch {
            try writer.abandon()
            throw error
        }
    }

    /// The values saved as step `step` by `ToyModel(seed: step)`.
    static func values(step: Int) -> [[Float]] { ToyModel(seed: step).values }

    /// The values in a checkpoint.
    static func values(in checkpoint: Checkpoint) throws -> [[Float]] {
        let model = ToyModel()
        try model.restore(from: checkpoint)
        return model.values
    }
}

extension CheckpointStore {
    /// The newest whole checkpoint; damaged ones on the way are set aside.
    func newest(threads: Int = 1, report: (String) -> Void) throws -> Checkpoint? {
        while let step = try newest() {
            do {
                let checkpoint = try Checkpoint(path: path(step: step), threads: threads)
                trust(step: step)
                return checkpoint
            } catch let error as CheckpointError {
                guard error.isDamage else { throw error }
                report("\(error); set aside as \(try setAside(step: step, because: "\(error)"))")
            }
        }
        return nil
    }
}
