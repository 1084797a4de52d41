import Runtime
import Storage

/// A corpus directory open for reading.
public final class ShardCorpus: StoredCorpus {
    private struct FramePlace: Hashable {
        var shard: Int
        var frame: Int
    }

    /// How much of a corpus is kept in memory.
    public struct Cache: Sendable {
        private let windowBytes: Int
        private let ranks: Int

        /// - Parameters:
        ///   - windowBytes: of samples that are mixed with each other, over all ranks.
        ///   - ranks: that share them.
        public init(windowBytes: Int = 32 << 20, ranks: Int = 1) {
            self.windowBytes = windowBytes
            self.ranks = ranks
        }

        /// A small corpus stays whole; of others the rank's share of the window, with room for the frames at its edges.
        func bytes(of index: CorpusIndex) -> Int {
            let raw = index.shards.reduce(0) { $0 + Int(clamping: $1.rawSize) }
            guard raw > SamplerEntry.smallCorpus else { return raw }
            return windowBytes / ranks * 5 / 4 + 32 << 20
        }
    }

    /// Samples of all tables kept in memory at most; one costs about a hundred bytes.
    private static let tableSamples = 1 << 20

    public let directory: String
    public let name: String
    public let index: CorpusIndex
    public let fingerprint: String
    private let manifest: ChecksumManifest
    /// Number of the first sample of each shard, and the number of samples at the end.
    private let firsts: [Int]
    private let tables: SharedCache<Int, ShardReader>
    private let frames: SharedCache<FramePlace, [UInt8]>
    /// Bytes of decompressed frames in memory at most.
    public let cacheBytes: Int
    private let meter: ReadingMeter
    private let retry: ReadRetry

    /// Opens the directory: the index is checked against the manifest, and every shard must be there with its size.
    /// - Parameters:
    ///   - name: for metrics and messages; the directory's name when nil.
    ///   - cache: decompressed frames kept in memory.
    ///   - retry: what is done when the file system refuses a read.
    public init(
        directory: String, name: String? = nil, cache: Cache = .init(), retry: ReadRetry = .standard()
    ) throws {
        self.directory = directory
        self.name = name ?? Directory.name(of: directory)
        manifest = try CorpusFile.manifest(directory)
        fingerprint = manifest.fingerprint
        index = try CorpusIndex(directory: directory, manifest: manifest)
        for row in index.shards { try ShardReader.checkSize(row, in: directory) }
        firsts = index.shards.reduce(into: [0]) { $0.append($0.last! + $1.samples) }
        tables = SharedCache(capacity: Self.tableSamples) { $0.table.keys.count }
        cacheBytes = cache.bytes(of: index)
        frames = SharedCache(capacity: cacheBytes) { $0.count }
        let meter = ReadingMeter()
        self.meter = meter
        self.retry = ReadRetry(waits: retry.waits) {
            meter.addRetry()
            retry.notice($0)
        }
    }

    public var kind: CorpusKind { index.kind }
    public var count: Int { index.samples }
    public var frameSamples: [Int] { index.shards.flatMap(\.frameSamples) }
    public var rawBytes: Int { index.shards.reduce(0) { $0 + Int(clamping: $1.rawSize) } }
    public var textBytes: Int { index.textBytes }
    public var reading: ReadingCounts { meter.counts }

    public func read(_ index: Int) throws -> StoredSample { try read(index, for: .order) }

    public func read(_ index: Int, for purpose: ReadPurpose) throws -> StoredSample {
        let (shard, sample) = place(of: index)
        let reader = try reader(shard)
        let frame = reader.frame(ofSample: sample)
        let bytes = try frames.value(of: FramePlace(shard: shard, frame: frame)) {
            let bytes = try retry.run(reader.path) { try reader.read(frame: frame) }
            meter.add(read: bytes.count, for: purpose)
            return bytes
        }
        meter.add(used: reader.rawSize(ofSample: sample, frame: frame), for: purpose)
        return try reader.sample(sample, in: bytes, frame: frame)
    }

    /// The key of a sample, without reading the shard.
    public func key(_ index: Int) throws -> String {
        let (shard, sample) = place(of: index)
        return try reader(shard).table.keys[sample]
    }

    public func textBytes(_ index: Int) throws -> Int {
        let (shard, sample) = place(of: index)
        return try reader(shard).table.textBytes[sample]
    }

    /// The number of the sample with this key; nil when there is none. Looks at every key.
    public func find(_ key: String) throws -> Int? {
        let wanted = ByteText(key)
        for shard in index.shards.indices {
            let keys = try reader(shard).table.keys
            if let sample = keys.firstIndex(where: { ByteText($0) == wanted }) { return firsts[shard] + sample }
        }
        return nil
    }

    private func reader(_ shard: Int) throws -> ShardReader {
        try tables.value(of: shard) {
            try retry.run(directory + "/" + CorpusIndex.tableName(shard)) {
                try ShardReader(directory: directory, index: index, number: shard, manifest: manifest)
            }
        }
    }

    private func place(of index: Int) -> (shard: Int, sample: Int) {
        precondition(index >= 0 && index < count, "sample \(index) of \(count) in \(name)")
        var low = 0
        var high = firsts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if firsts[middle] <= index { low = middle } else { high = middle }
        }
        return (low, index - firsts[low])
    }
}
