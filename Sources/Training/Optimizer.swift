public import Autograd
import Glibc
public import Runtime
public import Tensors

/// Constants of AdamW and clipping.
public struct OptimizerConfig: Sendable, Equatable {
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    /// Decoupled; applies to tensors of two or more dimensions.
    public var weightDecay: Float
    /// Largest global gradient norm; larger gradients are scaled down to it. 0 switches clipping off.
    public var clipNorm: Float
    /// Of groups whose learning rate is not the schedule's: what that is multiplied by. 0 freezes a group.
    public var groupRates: [String: Float]

    public init(
        beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, clipNorm: Float,
        groupRates: [String: Float] = [:]
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.clipNorm = clipNorm
        self.groupRates = groupRates
    }

    /// Groups that stay as they are.
    public var frozen: Set<String> { Set(groupRates.filter { $0.value == 0 }.keys) }
}

/// AdamW over the flat arenas. A group that no batch of the step declares stands still: not decayed, moments and step
/// counter untouched.
public final class Optimizer {
    public let config: OptimizerConfig
    public let store: ParameterStore
    /// Updates of each group so far, in the order of `store.groups`.
    public internal(set) var groupSteps: [Int]
    public let firstMoments: UnsafeMutablePointer<Float>
    public let secondMoments: UnsafeMutablePointer<Float>
    private let memory: Reservation
    private let pool: WorkerPool
    private let segments: [Segment]
    /// What the learning rate of each group is multiplied by, in the order of `store.groups`.
    private let groupRates: [Float]
    private var partialSums: [Double]

    /// A stretch of one parameter, the unit of parallel work: cut by shape alone.
    private struct Segment {
        let range: Range<Int>
        let group: Int
        let decays: Bool
    }

    /// - Throws: `MemoryFault`.
    public init(_ config: OptimizerConfig, store: ParameterStore, pool: WorkerPool) throws(MemoryFault) {
        self.config = config
        self.store = store
        self.pool = pool
        memory = try Reservation(byteCount: store.count * 8)
        firstMoments = memory.base.bindMemory(to: Float.self, capacity: 2 * store.count)
        secondMoments = firstMoments + store.count
        groupSteps = store.groups.map { _ in 0 }
        groupRates = store.groups.map { config.groupRates[$0.name] ?? 1 }
        segments = Optimizer.cut(store)
        partialSums = segments.map { _ in 0 }
    }

    private static func cut(_ store: ParameterStore) -> [Segment] {
        let length = 1 << 17
        let order = Dictionary(uniqueKeysWithValues: store.groups.enumerated().map { ($0.element.name, $0.offset) })
        return store.parameters.flatMap { parameter in
            stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: length).map { start in
                Segment(
                    range: start..<min(start + length, parameter.range.upperBound), group: order[parameter.group] ?? 0,
                    decays: parameter.decays)
            }
        }
    }

    /// The global norm of the gradients of the active groups, summed in double precision in a fixed order.
    public func gradientNorm(active: [Bool]) -> Double {
        partialSums.withUnsafeMutableBufferPointer { sums in
            let base = sums.baseAddress!
            pool.run(segments.count) { index, _ in
                let segment = segments[index]
                base[index] =
                    active[segment.group]
                    ? sumOfSquares(store.gradients + segment.range.lowerBound, count: segment.range.count) : 0
            }
        }
        return partialSums.reduce(0, +).squareRoot()
    }

    /// One update of the active groups; their gradients are zero afterwards.
    public func update(learningRate: Float, gradientNorm: Double, active: [Bool]) {
        let clip = config.clipNorm > 0 && gradientNorm > Double(config.clipNorm)
        let scale = clip ? Float(Double(config.clipNorm) / gradientNorm) : 1
        for group in active.indices where active[group] { groupSteps[group] += 1 }
        let steps = zip(groupSteps, groupRates).map { step, ratio in
            AdamWStep(
                learningRate: learningRate * ratio, beta1: config.beta1, beta2: config.beta2, epsilon: config.epsilon,
                weightDecay: config.weightDecay, step: max(step, 1))
        }
        pool.run(segments.count) { index, _ in
            let segment = segments[index]
            guard active[segment.group] else { return }
            let start = segment.range.lowerBound
            adamW(
                steps[segment.group], weights: store.weights + start, gradients: store.gradients + start,
                firstMoments: firstMoments + start, secondMoments: secondMoments + start, gradientScale: scale,
                decays: segment.decays, count: segment.range.count)
        }
    }

    /// Throws the gradients of the active groups away: a skipped update.
    public func discard(active: [Bool]) {
        pool.run(segments.count) { index, _ in
            let segment = segments[index]
            guard active[segment.group] else { return }
            (store.gradients + segment.range.lowerBound).update(repeating: 0, count: segment.range.count)
        }
    }
}

extension Optimizer {
    /// Update counters by group name, as a checkpoint keeps them.
    public var namedGroupSteps: [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(store.groups.map(\.name), groupSteps))
    }

    public func restore(groupSteps named: [String: Int]) {
        for (index, group) in store.groups.enumerated() { groupSteps[index] = named[group.name] ?? 0 }
    }
}
