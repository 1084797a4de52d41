import Autograd
public import Runtime
import Tensors

/// What a rank's replica holds, as hashes: of every tensor's weights and moments, and of what counts steps and batches. Ranks
/// that train together have the same.
public struct ReplicaDigest: Sendable, Equatable {
    /// What each hash is of, in the order of `hashes`; the same on every rank.
    public let names: [String]
    public let hashes: [UInt64]

    /// All of it in one number.
    public var whole: UInt64 { combinedHash(hashes) }

    /// - Parameter counters: further numbers by name, for example the next batch.
    public init(_ optimizer: Optimizer, counters: [(name: String, value: UInt64)], pool: WorkerPool) {
        let store = optimizer.store
        var names: [String] = []
        var hashes: [UInt64] = []
        for (name, base) in optimizer.arenas {
            names += store.parameters.map { "\(name) of \($0.name)" }
            hashes += Self.tensorHashes(store, base, pool)
        }
        names += store.groups.map { "updates of group \($0.name)" }
        hashes += optimizer.groupSteps.map { UInt64($0) }
        self.names = names + counters.map(\.name)
        self.hashes = hashes + counters.map(\.value)
    }

    /// Elements hashed as one task.
    private static let taskLength = 1 << 18

    private static func tensorHashes(
        _ store: ParameterStore, _ base: UnsafeMutablePointer<Float>, _ pool: WorkerPool
    ) -> [UInt64] {
        let tasks = store.parameters.map { parameter in
            stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: taskLength).map {
                $0..<min($0 + taskLength, parameter.range.upperBound)
            }
        }
        let ranges = tasks.flatMap { $0 }
        var parts = [UInt64](repeating: 0, count: ranges.count)
        parts.withUnsafeMutableBufferPointer { parts in
            let target = parts.baseAddress
            pool.run(ranges.count) { task, _ in
                target?[task] = bitHash(base + ranges[task].lowerBound, count: ranges[task].count)
            }
        }
        var next = 0
        return tasks.map { own in
            defer { next += own.count }
            return combinedHash(parts[next..<next + own.count])
        }
    }
}

extension Optimizer {
    /// The flat arenas of what training changes, by the names that checkpoints give their tensors.
    public var arenas: [(name: String, base: UnsafeMutablePointer<Float>)] {
        [("weights", store.weights), ("exp_avg", firstMoments), ("exp_avg_sq", secondMoments)]
    }
}
