import Runtime

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

    public mutating func add(_ value: Int) {
        minimum = count == 0 ? value : min(minimum, value)
        maximum = max(maximum, value)
        count += 1
        total += value
        let bucket = Int.bitWidth - value.leadingZeroBitCount
        while buckets.count <= bucket { buckets.append(0) }
        buckets[bucket] += 1
    }
}

/// A corpus in numbers.
public struct CorpusSummary: Sendable, Equatable, Codable {
    public var directory: String
    public var kind: CorpusKind
    /// What packed it.
    public var tool: String
    public var fingerprint: String
    public var samples: Int
    public var shards: Int
    public var frames: Int
    /// Bytes of the shard files and after decompression.
    public var bytes: UInt64
    public var rawBytes: UInt64
    /// Member name → number of samples that have it.
    public var members: [String: Int]
    /// Bytes of each text, and of each image file.
    public var textBytes = SizeHistogram()
    public var imageBytes = SizeHistogram()
}

/// Reads a whole corpus once and counts.
public struct CorpusInspector {
    private let corpus: ShardCorpus

    public init(_ corpus: ShardCorpus) { self.corpus = corpus }

    public func summary() throws -> CorpusSummary {
        let index = corpus.index
        var summary = CorpusSummary(
            directory: corpus.directory, kind: corpus.kind, tool: index.tool, fingerprint: corpus.fingerprint,
            samples: index.samples, shards: index.shards.count,
            frames: index.shards.reduce(0) { $0 + $1.frameSamples.count },
            bytes: index.shards.reduce(0) { $0 + $1.size }, rawBytes: index.shards.reduce(0) { $0 + $1.rawSize },
            members: index.members)
        for number in 0..<corpus.count {
            let sample = try corpus.read(number)
            for member in sample.members {
                if StoredSample.textNames.contains(member.name) { summary.textBytes.add(member.bytes.count) }
                if StoredSample.imageNames.contains(member.name) { summary.imageBytes.add(member.bytes.count) }
            }
        }
        return summary
    }
}
