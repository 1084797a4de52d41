import Glibc
import Runtime
import Storage

/// How long a large corpus takes to open and to find its way in: an index is made up, with shards of the stated size that
/// hold nothing on the disk, and opened as any other.
public struct OpeningBenchmark {
    /// What was measured.
    public struct Result: Sendable {
        /// Seconds until the corpus is open: manifest and index read and checked, every shard there with its size.
        public var open: Double
        /// Seconds to plan the first batch, which lays out an epoch, and to plan batch 10⁷ after that.
        public var firstBatch: Double
        public var farBatch: Double
        /// Resident bytes of the process at most, the program itself included.
        public var residentBytes: Int
    }

    public let shards: Int
    public let samples: Int
    /// Bytes of a shard file, and of a frame before compression.
    private static let shardSize: UInt64 = 64 << 20
    private static let frameSize: UInt64 = 1 << 20

    public init(shards: Int, samples: Int) {
        precondition(shards > 0 && samples >= 64 * shards, "\(samples) samples in \(shards) shards of 64 frames")
        self.shards = shards
        self.samples = samples
    }

    /// - Parameter directory: is made, and removed at the end.
    public func run(in directory: String) throws -> Result {
        try Directory.create(directory)
        defer { try? Directory.remove(directory) }
        try invent(directory)
        let start = Clock.seconds
        let corpus = try ShardCorpus(directory: directory)
        let opened = Clock.seconds
        let entry = SamplerEntry(
            name: "corpus", corpus: corpus, weights: [.init(batch: 0, weight: 1)], batching: .samples(256),
            windowBytes: 512 << 20)
        let sampler = try MixedSampler(seed: 1, entries: [entry])
        _ = try sampler.plan(0)
        let first = Clock.seconds
        _ = try sampler.plan(10_000_000)
        let far = Clock.seconds
        return Result(
            open: opened - start, firstBatch: first - opened, farBatch: far - first,
            residentBytes: ResidentMemory.peak)
    }

    private func invent(_ directory: String) throws {
        let rows = (0..<shards).map { number in
            let count = samples * (number + 1) / shards - samples * number / shards
            return CorpusIndex.Shard(
                name: CorpusIndex.shardName(number), size: Self.shardSize, rawSize: 64 * Self.frameSize + 1024,
                sha256: digest(of: number), frameSamples: (0..<64).map { count * ($0 + 1) / 64 - count * $0 / 64 })
        }
        for row in rows {
            let descriptor = Glibc.open(directory + "/" + row.name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0, ftruncate(descriptor, off_t(Self.shardSize)) == 0, close(descriptor) == 0 else {
                throw StorageError.system(path: directory + "/" + row.name, operation: "create", code: errno)
            }
        }
        let index = CorpusIndex(kind: .images, members: ["jpg": samples], textBytes: 0, shards: rows)
        let written = try AtomicFile.write(try index.bytes, to: directory + "/" + CorpusIndex.fileName)
        let digests = rows.enumerated().flatMap { number, row in
            [
                FileDigest(name: row.name, sha256: row.sha256, size: row.size),
                FileDigest(name: CorpusIndex.tableName(number), sha256: row.sha256, size: 1),
            ]
        }
        let manifest = ChecksumManifest(digests + [written])
        try AtomicFile.write(Array(manifest.text.utf8), to: directory + "/" + ChecksumManifest.fileName)
    }

    private func digest(of number: Int) -> String { SHA256.hex(of: "shard \(number)") }
}
