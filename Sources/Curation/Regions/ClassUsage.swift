import Glibc

/// How many regions are of each class, by the likeliest class of each.
public struct ClassUsage: Sendable, Equatable {
    /// By class.
    public private(set) var regions: [Int]

    /// - Parameter classes: K.
    public init(classes: Int) { regions = [Int](repeating: 0, count: classes) }

    /// - Parameter distributions: `(n, K)`.
    public mutating func add(_ distributions: [Float]) {
        let K = regions.count
        precondition(K > 0 && distributions.count % K == 0, "\(distributions.count) probabilities of \(K) classes")
        for row in stride(from: 0, to: distributions.count, by: K) {
            let likeliest = (row..<row + K).reduce(row) { distributions[$1] > distributions[$0] ? $1 : $0 }
            regions[likeliest - row] += 1
        }
    }

    public mutating func add(_ other: ClassUsage) {
        precondition(other.regions.count == regions.count, "\(other.regions.count) and \(regions.count) classes")
        for k in regions.indices { regions[k] += other.regions[k] }
    }

    /// Classes that are some region's likeliest.
    public var used: Int { regions.count { $0 > 0 } }

    /// exp of the entropy of the shares: as many equally frequent classes would be as hard to guess.
    public var perplexity: Double {
        let total = Double(regions.reduce(0, +))
        let shares = regions.filter { $0 > 0 }.map { Double($0) / total }
        return exp(-shares.reduce(0) { $0 + $1 * log($1) })
    }
}
