/// How many values lie in each power-of-two range.
public struct SizeHistogram: Sendable, Equatable, Codable {
    public private(set) var count = 0
    public private(set) var minimum = 0
    public private(set) var maximum = 0
    public private(set) var total = 0
    /// `buckets[k]` counts values of k binary digits: bucket 0 holds the zeros, bucket k values in 2ᵏ⁻¹ ..< 2ᵏ.
    public private(set) var buckets: [Int] = []

    public init() {}

    public var mean: Double { count == 0 ? 0 : Double(total) / Double(count) }

    /// - Parameter value: not negative.
    public mutating func add(_ value: Int) {
        precondition(value >= 0, "a size of \(value)")
        minimum = count == 0 ? value : min(minimum, value)
        maximum = max(maximum, value)
        count += 1
        total += value
        let bucket = Int.bitWidth - value.leadingZeroBitCount
        while buckets.count <= bucket { buckets.append(0) }
        buckets[bucket] += 1
    }

    mutating func add(_ other: SizeHistogram) {
        guard other.count > 0 else { return }
        minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        count += other.count
        total += other.total
        while buckets.count < other.buckets.count { buckets.append(0) }
        for (bucket, number) in other.buckets.enumerated() { buckets[bucket] += number }
    }

    /// Ranges with their counts, from the first to the last that has any.
    public var rows: [(label: String, count: Int)] {
        guard let first = buckets.firstIndex(where: { $0 > 0 }) else { return [] }
        return buckets.indices[first...].map { bucket in
            let (low, high) = bucket == 0 ? (0, 0) : (1 << (bucket - 1), 1 << bucket - 1)
            return (low == high ? "\(low)" : "\(low)–\(high)", buckets[bucket])
        }
    }
}

/// How many images have which aspect, width over height.
public struct AspectHistogram: Sendable, Equatable, Codable {
    /// Upper ends of all buckets but the last.
    static let edges: [Double] = [0.5, 2.0 / 3, 0.9, 1.1, 1.5, 2]
    static let labels = ["below 1:2", "1:2–2:3", "2:3–9:10", "square", "11:10–3:2", "3:2–2:1", "above 2:1"]

    public private(set) var buckets = [Int](repeating: 0, count: Self.edges.count + 1)

    public init() {}

    public var count: Int { buckets.reduce(0, +) }

    public mutating func add(width: Int, height: Int) {
        let aspect = Double(width) / Double(height)
        buckets[Self.edges.firstIndex { aspect < $0 } ?? Self.edges.count] += 1
    }

    mutating func add(_ other: AspectHistogram) {
        for (bucket, number) in other.buckets.enumerated() { buckets[bucket] += number }
    }

    public var rows: [(label: String, count: Int)] { Array(zip(Self.labels, buckets)) }
}
