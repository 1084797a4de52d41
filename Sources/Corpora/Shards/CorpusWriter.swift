public import Runtime
import Storage

/// Writes a corpus directory sample by sample. The directory appears when `finish` returns, complete; its bytes depend
/// on the samples and the sizes only, not on the number of workers.
public final class CorpusWriter {
    /// How samples are laid out.
    public struct Layout: Sendable, Equatable {
        /// A shard is closed when its file has this many bytes.
        public var shardSize: UInt64 = 64 << 20
        /// A frame is closed when it holds this many bytes before compression.
        public var frameSize: Int
        /// Level of zstd.
        public var compression = 3

        /// The default for a kind: texts are small and read one by one, so their frames are small.
        public init(kind: CorpusKind) { frameSize = kind == .texts ? 128 << 10 : 1 << 20 }
    }

    /// Bytes of one sample at most.
    static let sampleLimit = 1 << 30

    public let directory: String
    private let kind: CorpusKind
    private let layout: Layout
    private let staged: StagedDirectory
    private let lock: DirectoryLock
    private let pool: WorkerPool
    private let compressors: [FrameCompressor]
    private let shards: ShardWriter
    private var pending = PendingFrame()
    private var full: [PendingFrame] = []
    private var keys: Set<String> = []
    private var members: [String: Int] = [:]
    private var textBytes = 0
    private var isFinished = false

    /// - Parameters:
    ///   - directory: must not exist. Its parent is made.
    ///   - pool: compresses frames.
    public init(directory: String, kind: CorpusKind, layout: Layout, pool: WorkerPool) throws {
        guard !Directory.exists(directory) else { throw CorpusError.exists(path: directory) }
        self.directory = directory
        self.kind = kind
        self.layout = layout
        self.pool = pool
        staged = StagedDirectory(path: directory, faultPoint: "pack")
        // The staging directory is locked rather than made afresh: two packers must not clear each other's work.
        try Directory.create(staged.staging)
        lock = try DirectoryLock(directory: staged.staging)
        for name in try Directory.names(in: staged.staging) where staged.staging + "/" + name != lock.path {
            try Directory.remove(staged.staging + "/" + name)
        }
        compressors = (0..<pool.threads).map { _ in FrameCompressor(level: layout.compression) }
        shards = ShardWriter(staged: staged, shardSize: layout.shardSize, level: layout.compression)
    }

    deinit {
        guard !isFinished else { return }
        // What can't be removed now is removed by the next packer.
        try? staged.discard()
    }

    /// Bytes in finished shards.
    public var size: UInt64 { shards.size }
    /// Finished shards.
    public var shardCount: Int { shards.shards.count }

    /// Adds a sample. The key is a relative path without dots and blanks that no other sample has.
    public func append(_ sample: StoredSample) throws { try append(ArchivedSample(sample)) }

    func append(_ sample: ArchivedSample) throws {
        precondition(!isFinished, "\(directory) is finished")
        precondition(keys.insert(sample.key).inserted, "two samples have the key `\(sample.key)`")
        for name in sample.memberNames { members[name, default: 0] += 1 }
        textBytes += sample.textBytes
        pending.append(sample)
        guard pending.bytes.count >= layout.frameSize else { return }
        full.append(pending)
        pending = PendingFrame()
        if full.count >= 2 * pool.threads { try writeFull() }
    }

    func contains(_ key: String) -> Bool { keys.contains(key) }

    private func writeFull() throws {
        var frames = [CompressedFrame?](repeating: nil, count: full.count)
        frames.withUnsafeMutableBufferPointer { frames in
            let base = frames.baseAddress
            pool.run(full.count) { task, worker in
                base?[task] = CompressedFrame(full[task].bytes, compressor: compressors[worker])
            }
        }
        for (pending, frame) in zip(full, frames) { try shards.append(pending, frame!) }
        full = []
    }

    /// Writes what is left, the index and the manifest, and gives the directory its name.
    /// - Returns: the manifest's fingerprint.
    @discardableResult public func finish() throws -> String {
        precondition(!isFinished, "\(directory) is finished")
        guard !keys.isEmpty else { throw CorpusError.empty(sources: [directory], reason: "no sample was added") }
        if !pending.keys.isEmpty { full.append(pending) }
        pending = PendingFrame()
        try writeFull()
        try shards.finishShard()
        let index = CorpusIndex(kind: kind, members: members, textBytes: textBytes, shards: shards.shards)
        let indexFile = try staged.create(CorpusIndex.fileName)
        try indexFile.write(index.bytes)
        let indexDigest = try indexFile.seal()
        let shardDigests = shards.shards.map { FileDigest(name: $0.name, sha256: $0.sha256, size: $0.size) }
        let manifest = ChecksumManifest([indexDigest] + shardDigests + shards.tables)
        let manifestFile = try staged.create(ChecksumManifest.fileName)
        try manifestFile.write(Array(manifest.text.utf8))
        try manifestFile.seal()
        try staged.commit()
        isFinished = true
        try Directory.remove(directory + "/.lock")
        return manifest.fingerprint
    }
}
