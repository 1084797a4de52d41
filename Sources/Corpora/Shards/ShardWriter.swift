import Runtime
import Storage

/// A sample as the bytes of its archive members.
struct ArchivedSample: Sendable {
    let key: String
    let memberNames: [String]
    /// Bytes of its text, 0 when it has none.
    let textBytes: Int
    let bytes: [UInt8]

    init(_ sample: StoredSample) throws {
        key = sample.key
        memberNames = sample.members.map(\.name)
        textBytes = sample.text?.bytes.count ?? 0
        let size = sample.members.reduce(0) { $0 + $1.bytes.count }
        guard size <= CorpusWriter.sampleLimit else {
            throw StorageError.unsupported(
                FileFault(
                    path: sample.key, expected: "at most \(CorpusWriter.sampleLimit) bytes in a sample",
                    found: "\(size)",
                    remedy: "shrink the sample or leave it out"))
        }
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
    /// Bytes of each sample's text, beside `keys`.
    var textBytes: [Int] = []
    var bytes: [UInt8] = []
    /// Where the packer stood after the last sample, and totals up to there.
    var mark = PackMark()

    mutating func append(_ sample: ArchivedSample) {
        keys.append(sample.key)
        offsets.append(bytes.count)
        textBytes.append(sample.textBytes)
        bytes += sample.bytes
    }
}

/// Writes frames into shards, in order, and starts another shard when one has its size. A shard's table is written after
/// it: where the table is, the shard is whole.
final class ShardWriter {
    private let staged: StagedDirectory
    private let shardSize: UInt64
    private let endFrame: CompressedFrame
    private var current: SeekableWriter?
    private var keys: [String] = []
    private var offsets: [UInt64] = []
    private var textBytes: [Int] = []
    private var frameSamples: [Int] = []
    private var rawSize: UInt64 = 0
    private(set) var shards: [CorpusIndex.Shard] = []
    private(set) var tables: [FileDigest] = []
    private(set) var size: UInt64 = 0

    /// - Parameter finished: shards that are in the directory already.
    init(staged: StagedDirectory, shardSize: UInt64, level: Int, finished: [PackJournal.Shard] = []) {
        shards = finished.map(\.row)
        tables = finished.map(\.table)
        size = finished.reduce(0) { $0 + $1.row.size }
        self.staged = staged
        self.shardSize = shardSize
        endFrame = CompressedFrame(Tar.end, compressor: FrameCompressor(level: level))
    }

    /// - Returns: true when the frame was its shard's last.
    func append(_ pending: PendingFrame, _ frame: CompressedFrame) throws -> Bool {
        let writer = try current ?? SeekableWriter(file: staged.create(CorpusIndex.shardName(shards.count)))
        current = writer
        keys += pending.keys
        offsets += pending.offsets.map { rawSize + UInt64($0) }
        textBytes += pending.textBytes
        frameSamples.append(pending.keys.count)
        rawSize += UInt64(frame.rawSize)
        try writer.append(frame)
        return try writer.size >= shardSize && finishShard()
    }

    /// Ends the shard being written; false when there is none.
    func finishShard() throws -> Bool {
        guard let writer = current else { return false }
        current = nil
        try writer.append(endFrame)
        let digest = try writer.finish()
        let table = ShardTable(frames: writer.frames, keys: keys, offsets: offsets, textBytes: textBytes)
        let tableFile = try staged.create(CorpusIndex.tableName(shards.count))
        try tableFile.write(try table.bytes)
        tables.append(try tableFile.seal())
        shards.append(
            CorpusIndex.Shard(
                name: digest.name, size: digest.size, rawSize: rawSize + UInt64(endFrame.rawSize),
                sha256: digest.sha256, frameSamples: frameSamples))
        size += digest.size
        (keys, offsets, textBytes, frameSamples, rawSize) = ([], [], [], [], 0)
        return true
    }
}
