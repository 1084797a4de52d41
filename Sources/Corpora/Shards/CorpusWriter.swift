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

        /// The default for a kind: texts and annotations are small and read one by one, so their frames are small; annotations
        /// cost much to make, so that a shard, after which work can go on, is soon full.
        public init(kind: CorpusKind) {
            switch kind {
            case .texts: frameSize = 128 << 10
            case .annotations: (frameSize, shardSize) = (256 << 10, 8 << 20)
            case .images, .pairs, .regions: frameSize = 1 << 20
            }
        }
    }

    /// Bytes of one sample at most.
    static let sampleLimit = 1 << 30

    public let directory: String
    private let kind: CorpusKind
    private let layout: Layout
    private let madeFrom: [String: String]?
    private let place: StagingPlace
    private let pool: WorkerPool
    private let compressors: [FrameCompressor]
    private let shards: ShardWriter
    private let onShard: ((PackJournal.Shard) throws -> Void)?
    private var pending = PendingFrame()
    private var full: [PendingFrame] = []
    /// The mark of the last frame that went into a shard.
    private var written = PackMark()
    private var keys = KeySet()
    private var totals = CorpusTotals()
    private var isFinished = false

    /// - Parameters:
    ///   - directory: must not exist. Its parent is made.
    ///   - pool: compresses frames.
    public convenience init(directory: String, kind: CorpusKind, layout: Layout, pool: WorkerPool) throws {
        guard !Directory.exists(directory) else { throw CorpusError.exists(path: directory) }
        let place = try StagingPlace(directory: directory)
        try place.clear()
        self.init(place: place, kind: kind, layout: layout, pool: pool)
    }

    /// - Parameters:
    ///   - place: holds the finished shards and nothing else of a corpus.
    ///   - madeFrom: fingerprints of the corpora the samples are made from.
    ///   - finished: shards to go on after.
    ///   - keys: the keys in them.
    ///   - onShard: told of every shard when it is on the disk; with it, finished shards stay when the work ends early.
    init(
        place: StagingPlace, kind: CorpusKind, layout: Layout, madeFrom: [String: String]? = nil, pool: WorkerPool,
        finished: [PackJournal.Shard] = [], keys: KeySet = KeySet(),
        onShard: ((PackJournal.Shard) throws -> Void)? = nil
    ) {
        directory = place.directory
        self.place = place
        self.kind = kind
        self.layout = layout
        self.madeFrom = madeFrom
        self.pool = pool
        self.keys = keys
        self.onShard = onShard
        totals = finished.last?.mark.totals ?? CorpusTotals()
        compressors = (0..<pool.threads).map { _ in FrameCompressor(level: layout.compression) }
        shards = ShardWriter(
            staged: place.staged, shardSize: layout.shardSize, level: layout.compression, finished: finished)
    }

    deinit {
        guard !isFinished, onShard == nil || shards.shards.isEmpty else { return }
        // What can't be removed now is removed by the next packer.
        try? place.remove()
    }

    /// Gives everything up that has been written.
    func discard() throws {
        isFinished = true
        try place.remove()
    }

    /// Bytes in finished shards.
    public var size: UInt64 { shards.size }
    /// Finished shards.
    var rows: [CorpusIndex.Shard] { shards.shards }

    /// Adds a sample. The key is a relative path without dots and blanks that no other sample has.
    public func append(_ sample: StoredSample) throws { try append(ArchivedSample(sample)) }

    /// - Parameter mark: where the packer stands after this sample.
    func append(_ sample: ArchivedSample, mark: PackMark = PackMark()) throws {
        precondition(!isFinished, "\(directory) is finished")
        let isNew = keys.insert(sample.key)
        precondition(isNew, "two samples have the key `\(sample.key)`")
        totals.add(sample)
        pending.append(sample)
        pending.mark = mark
        pending.mark.totals = totals
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
        for (pending, frame) in zip(full, frames) {
            written = pending.mark
            if try shards.append(pending, frame!) { try tellOfShard() }
        }
        full = []
    }

    private func tellOfShard() throws {
        guard let onShard else { return }
        // The names have to be on the disk before anything says so.
        try Directory.flush(place.staged.staging)
        try onShard(.init(row: shards.shards.last!, table: shards.tables.last!, mark: written))
    }

    /// Writes what is left, the index and the manifest, and gives the directory its name.
    /// - Parameter ending: told the fingerprint when everything is in place but the name.
    /// - Returns: the manifest's fingerprint.
    @discardableResult public func finish(ending: (_ fingerprint: String) throws -> Void = { _ in }) throws -> String {
        precondition(!isFinished, "\(directory) is finished")
        guard keys.count > 0 else { throw CorpusError.empty(sources: [directory], reason: "no sample was added") }
        if !pending.keys.isEmpty { full.append(pending) }
        pending = PendingFrame()
        try writeFull()
        if try shards.finishShard() { try tellOfShard() }
        let index = CorpusIndex(
            kind: kind, members: totals.members, textBytes: totals.textBytes, shards: shards.shards,
            madeFrom: madeFrom)
        let indexFile = try place.staged.create(CorpusIndex.fileName)
        try indexFile.write(index.bytes)
        let indexDigest = try indexFile.seal()
        let shardDigests = shards.shards.map { FileDigest(name: $0.name, sha256: $0.sha256, size: $0.size) }
        let manifest = ChecksumManifest([indexDigest] + shardDigests + shards.tables)
        let manifestFile = try place.staged.create(ChecksumManifest.fileName)
        try manifestFile.write(Array(manifest.text.utf8))
        try manifestFile.seal()
        try ending(manifest.fingerprint)
        try place.staged.commit()
        isFinished = true
        try place.remove()
        return manifest.fingerprint
    }
}

/// Sums over the samples of a corpus, for its index.
struct CorpusTotals: Sendable, Equatable, Codable {
    /// Member name → number of samples that have it.
    var members: [String: Int] = [:]
    /// Bytes of all texts.
    var textBytes = 0

    mutating func add(_ sample: ArchivedSample) {
        for name in sample.memberNames { members[name, default: 0] += 1 }
        textBytes += sample.textBytes
    }
}
