import Storage

/// A sample as the bytes of its archive members.
struct ArchivedSample: Sendable {
    let key: String
    let memberNames: [String]
    let bytes: [UInt8]

    init(_ sample: StoredSample) throws {
        key = sample.key
        memberNames = sample.members.map(\.name)
        var bytes: [UInt8] = []
        for member in sample.members {
            try Tar.append(name: "\(sample.key).\(member.name)", contents: member.bytes, to: &bytes)
        }
        self.bytes = bytes
    }
}

/// Samples that go into one frame.
struct PendingFrame {
    var keys: [String] = []
    /// Where each sample begins in the frame, beside `keys`.
    var offsets: [Int] = []
    var bytes: [UInt8] = []

    mutating func append(_ sample: ArchivedSample) {
        keys.append(sample.key)
        offsets.append(bytes.count)
        bytes += sample.bytes
    }
}

/// Writes frames into shards, in order, and starts another shard when one has its size.
final class ShardWriter {
    private let staged: StagedDirectory
    private let shardSize: UInt64
    private let endFrame: CompressedFrame
    private var current: SeekableWriter?
    private var keys: [String] = []
    private var offsets: [UInt64] = []
    private var rawSize: UInt64 = 0
    private(set) var shards: [CorpusIndex.Shard] = []
    private(set) var size: UInt64 = 0

    init(staged: StagedDirectory, shardSize: UInt64, level: Int) {
        self.staged = staged
        self.shardSize = shardSize
        endFrame = CompressedFrame(Tar.end, compressor: FrameCompressor(level: level))
    }

    func append(_ pending: PendingFrame, _ frame: CompressedFrame) throws {
        let writer = try current ?? SeekableWriter(file: staged.create(CorpusIndex.shardName(shards.count)))
        current = writer
        keys += pending.keys
        offsets += pending.offsets.map { rawSize + UInt64($0) }
        rawSize += UInt64(frame.rawSize)
        try writer.append(frame)
        if writer.size >= shardSize { try finishShard() }
    }

    /// Ends the shard being written, if there is one.
    func finishShard() throws {
        guard let writer = current else { return }
        current = nil
        try writer.append(endFrame)
        let digest = try writer.finish()
        shards.append(
            CorpusIndex.Shard(
                name: digest.name, size: digest.size, sha256: digest.sha256, frames: writer.frames, keys: keys,
                offsets: offsets))
        size += digest.size
        keys = []
        offsets = []
        rawSize = 0
    }
}
