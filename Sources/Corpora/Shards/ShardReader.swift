import Runtime
import Storage

/// Reads the frames and samples of one shard.
struct ShardReader: Sendable {
    let path: String
    let row: CorpusIndex.Shard
    let table: ShardTable
    /// Where each frame begins in the decompressed shard.
    private let starts: [UInt64]

    init(directory: String, row: CorpusIndex.Shard, table: ShardTable) {
        path = directory + "/" + row.name
        self.row = row
        self.table = table
        var start: UInt64 = 0
        starts = table.frames.map { frame in
            defer { start += UInt64(frame.rawSize) }
            return start
        }
    }

    /// Reads the table of shard `number` first.
    init(directory: String, index: CorpusIndex, number: Int, manifest: ChecksumManifest) throws {
        let name = CorpusIndex.tableName(number)
        guard let digest = manifest.digests[name] else {
            throw CorpusFile.damaged(directory + "/" + name, "a line in \(ChecksumManifest.fileName)", "none")
        }
        let row = index.shards[number]
        self.init(
            directory: directory, row: row,
            table: try ShardTable(directory: directory, name: name, digest: digest, row: row))
    }

    /// Checks that the file of a row is there and as long as it says.
    static func checkSize(_ row: CorpusIndex.Shard, in directory: String) throws(CorpusError) {
        let path = directory + "/" + row.name
        let size = Directory.fileSize(of: path)
        guard size != row.size else { return }
        throw .damaged(
            FileFault(
                path: path, expected: "\(row.size) bytes", found: size.map { "\($0) bytes" } ?? "no file",
                remedy: "the corpus is not complete: copy or pack it again"))
    }

    /// The frame in which a sample lies.
    func frame(ofSample sample: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= table.offsets[sample] { low = middle } else { high = middle }
        }
        return low
    }

    /// The decompressed frame, its checksum verified first.
    func read(frame number: Int, from file: InputFile? = nil) throws -> [UInt8] {
        let frame = table.frames[number]
        let bytes = try (file ?? InputFile(path: path)).read(at: frame.offset, count: frame.size)
        let found = SHA256.hex(of: bytes)
        guard found == frame.sha256 else {
            throw CorpusError.damaged(
                FileFault(
                    path: path, offset: frame.offset, expected: "SHA-256 \(frame.sha256) of frame \(number)",
                    found: found, remedy: "the shard was changed or damaged: copy or pack it again"))
        }
        return try FrameDecompressor.decompress(bytes, rawSize: frame.rawSize, path: path, offset: frame.offset)
    }

    /// Decompressed bytes of a sample.
    func rawSize(ofSample sample: Int, frame: Int) -> Int {
        let frameEnd = starts[frame] + UInt64(table.frames[frame].rawSize)
        let next = sample + 1 < table.offsets.count ? table.offsets[sample + 1] : frameEnd
        return Int(min(next, frameEnd) - table.offsets[sample])
    }

    /// The `sample`-th sample of the shard out of its decompressed frame.
    func sample(_ sample: Int, in bytes: [UInt8], frame: Int) throws -> StoredSample {
        let start = starts[frame]
        let offset = table.offsets[sample]
        let first = Int(offset - start)
        let range = first..<first + rawSize(ofSample: sample, frame: frame)
        var reader = TarReader(bytes, range: range, base: start, path: path)
        var found = StoredSample(key: table.keys[sample], members: [], shard: row.name, offset: offset)
        while let member = try reader.next() {
            let (key, name) = SampleName.split(member.name)
            guard ByteText(key) == ByteText(found.key) else {
                throw CorpusError.damaged(
                    FileFault(
                        path: path, offset: member.offset, expected: "a member of sample `\(found.key)`",
                        found: "`\(member.name)`", remedy: "the shard and its table differ: pack the corpus again"))
            }
            found.members.append(.init(name: name, bytes: Array(bytes[member.contents])))
        }
        return found
    }
}
