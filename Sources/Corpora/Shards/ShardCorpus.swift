import Runtime
import Storage

/// A corpus directory open for reading.
public final class ShardCorpus: StoredCorpus {
    public let directory: String
    public let name: String
    public let index: CorpusIndex
    public let fingerprint: String
    private let readers: [ShardReader]
    /// Number of the first sample of each shard, and the number of samples at the end.
    private let firsts: [Int]
    private let cache: FrameCache

    /// Opens the directory: the index is checked against the manifest, and every shard must be there with its size.
    /// - Parameters:
    ///   - name: for metrics and messages; the directory's name when nil.
    ///   - cacheBytes: decompressed frames kept in memory.
    public init(directory: String, name: String? = nil, cacheBytes: Int = 32 << 20) throws {
        self.directory = directory
        self.name = name ?? Directory.name(of: directory)
        let manifest = try ChecksumManifest(directory: directory)
        fingerprint = manifest.fingerprint
        index = try CorpusIndex(directory: directory, manifest: manifest)
        readers = index.shards.map { ShardReader(directory: directory, shard: $0) }
        for reader in readers { try reader.checkSize() }
        firsts = index.shards.reduce(into: [0]) { $0.append($0.last! + $1.keys.count) }
        cache = FrameCache(capacity: cacheBytes)
    }

    public var kind: CorpusKind { index.kind }
    public var count: Int { index.samples }

    public func read(_ index: Int) throws -> StoredSample {
        let (shard, sample) = place(of: index)
        let reader = readers[shard]
        let frame = reader.frame(ofSample: sample)
        let bytes = try cache.bytes(of: .init(shard: shard, frame: frame)) { try reader.read(frame: frame) }
        return try reader.sample(sample, in: bytes, frame: frame)
    }

    /// The key of a sample, without reading the shard.
    public func key(_ index: Int) -> String {
        let (shard, sample) = place(of: index)
        return readers[shard].shard.keys[sample]
    }

    /// The number of the sample with this key; nil when there is none. Looks at every key.
    public func find(_ key: String) -> Int? {
        for (shard, reader) in readers.enumerated() {
            if let sample = reader.shard.keys.firstIndex(of: key) { return firsts[shard] + sample }
        }
        return nil
    }

    private func place(of index: Int) -> (shard: Int, sample: Int) {
        precondition(index >= 0 && index < count, "sample \(index) of \(count) in \(name)")
        var low = 0
        var high = readers.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if firsts[middle] <= index { low = middle } else { high = middle }
        }
        return (low, index - firsts[low])
    }
}
