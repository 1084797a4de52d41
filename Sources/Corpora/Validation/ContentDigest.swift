import Storage

/// The first 128 bits of a SHA-256, and the sample it is of.
struct ContentDigest: Comparable {
    let high: UInt64
    let low: UInt64
    let sample: Int

    init(_ bytes: [UInt8], sample: Int) {
        let digest = SHA256.digest(bytes)
        high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        self.sample = sample
    }

    static func < (a: ContentDigest, b: ContentDigest) -> Bool {
        (a.high, a.low, UInt(a.sample)) < (b.high, b.low, UInt(b.sample))
    }

    /// Each digest that occurred before, with the first sample that has it, in the order of samples. A sample that
    /// holds the same contents twice counts as well.
    static func repeated(_ digests: [ContentDigest]) -> [(sample: Int, first: Int)] {
        let sorted = digests.sorted()
        var found: [(sample: Int, first: Int)] = []
        var first = 0
        for index in sorted.indices.dropFirst() {
            let isSame = sorted[index].high == sorted[first].high && sorted[index].low == sorted[first].low
            if isSame { found.append((sorted[index].sample, sorted[first].sample)) } else { first = index }
        }
        return found.sorted { $0.sample < $1.sample }
    }
}
