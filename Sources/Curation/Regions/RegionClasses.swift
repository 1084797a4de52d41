public import Runtime
import Storage
import Tensors

/// Classes of regions that nobody has named: clusters of an encoder's features.
///
/// A region belongs to class k with the probability softmax(−|x − c_k|² / temperature), where the temperature is the mean
/// squared distance of a region from its centre: regions at their cluster's edge are told from those in its midst.
public struct RegionClasses: Sendable, Equatable {
    /// Classes at most.
    public static let limit = 1 << 13

    /// `(K, C)`.
    public let centres: [Float]
    /// C.
    public let width: Int
    /// Mean squared distance of the regions that were grouped from the centres of their clusters.
    public let temperature: Float

    /// Of every number that the distributions depend on.
    public var fingerprint: String {
        let hash = SHA256()
        for numbers in [[Float(width), temperature], centres] { numbers.withUnsafeBytes { hash.update($0) } }
        return hash.hex()
    }

    /// K.
    public var count: Int { centres.count / width }

    init(centres: [Float], width: Int, temperature: Float) {
        precondition(
            width > 0 && !centres.isEmpty && centres.count % width == 0, "\(centres.count) numbers of width \(width)")
        self.centres = centres
        self.width = width
        self.temperature = temperature
    }

    /// Regions to group for so many classes: 256 for each, as far as memory for 65,536 goes, and at least 8.
    public static func sampleSize(classes: Int) -> Int { min(256 * classes, max(1 << 16, 8 * classes)) }

    /// Groups regions by k-means: the same bits for any number of threads.
    /// - Parameters:
    ///   - features: `(n, width)`. - classes: K.
    ///   - progress: passes over the regions done, and at most; what it throws ends the work.
    /// - Throws: `RegionError.tooFew` when there are fewer regions than classes.
    public init(
        grouping features: [Float], width: Int, classes: Int, seed: UInt64, pool: WorkerPool,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        precondition(width > 0 && features.count % width == 0, "\(features.count) numbers of width \(width)")
        let n = features.count / width
        guard classes <= n else { throw RegionError.tooFew(regions: n, classes: classes) }
        let search = ClusterSearch(rows: features, width: width, pool: pool)
        let found = try search.run(clusters: classes, seed: seed, progress: progress)
        self.init(centres: found.centres, width: width, temperature: found.spread)
    }

    /// The distribution of each region over the classes.
    /// - Parameter features: `(n, C)`.
    /// - Returns: `(n, K)`.
    /// - Throws: `MemoryFault`.
    public func distributions(of features: [Float], pool: WorkerPool) throws -> [Float] {
        precondition(features.count % width == 0, "\(features.count) numbers of width \(width)")
        var distributions = [Float](repeating: 0, count: features.count / width * count)
        // Regions that lie on their centres alone have no spread: each is then of its own class.
        let sharpness = 1 / max(temperature, 1e-30)
        try distributions.withUnsafeMutableBufferPointer { distributions in
            guard let base = distributions.baseAddress else { return }
            try ClusterSearch.forEachBlock(features, centres, width: width, pool) { row, closeness in
                let (target, highest) = (base + row * count, closeness.max() ?? 0)
                for (k, value) in closeness.enumerated() { target[k] = (value - highest) * sharpness }
                _ = softmax(target, count: count)
            }
        }
        return distributions
    }
}
