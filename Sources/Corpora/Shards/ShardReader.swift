import Runtime
import Storage

/// Reads the frames and samples of one shard.
struct ShardReader: Sendable {
    let path: String
    let shard: CorpusIndex.Shard
    /// Where each frame begins in the decompressed shard.
    private let starts: [UInt64]

    init(directory: String, shard: CorpusIndex.Shard) {
        path = directory + "/" + shard.name
        self.shard = shard
        var start: UInt64 = 0
        starts = shard.frames.map { frame in
            defer { start += UInt64(frame.rawSize) }
            return start
        }
    }

    /// Checks that the file is there and as long as the index says.
    func checkSize() throws(CorpusError) {
        let found: String
        do throws(StorageError) {
            let file = try InputFile(path: path)
            if file.size == shard.size { return }
            found = "\(file.size) bytes"
        } catch .system(_, _, let code) {
            found = code == 2 ? "no file" : "\(StorageError.system(path: path, operation: "open", code: code))"
        } catch { found = "\(error)" }
        throw .damaged(
            FileFault(
                path: path, expected: "\(shard.size) bytes", found: found,
                remedy: "the corpus is not complete: copy or pack it again"))
    }

    /// The frame in which a sample lies.
    func frame(ofSample sample: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= shard.offsets[sample] { low = middle } else { high = middle }
        }
        return low
    }

    /// The decompressed frame, its checksum verified first.
    func read(frame number: Int, from file: InputFile? = nil) throws -> [UInt8] {
        let frame = shard.frames[number]
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

    /// The `sample`-th sample of the shard out of its decompressed frame.
    func sample(_ sample: Int, in bytes: [UInt8], frame: Int) throws -> StoredSample {
        let start = starts[frame]
        let offset = shard.offsets[sample]
        let isLast = sample + 1 == shard.offsets.count || shard.offsets[sample + 1] >= start + UInt64(bytes.count)
        let end = isLast ? bytes.count : Int(shard.offsets[sample + 1] - start)
        var reader = TarReader(bytes, range: Int(offset - start)..<end, base: start, path: path)
        var found = StoredSample(key: shard.keys[sample], members: [], shard: shard.name, offset: offset)
        while let member = try reader.next() {
            let (key, name) = SampleName.split(member.name)
            guard key == found.key else {
                throw CorpusError.damaged(
                    FileFault(
                        path: path, offset: member.offset, expected: "a member of sample `\(found.key)`",
                        found: "`\(member.name)`", remedy: "the shard and its index differ: pack the corpus again"))
            }
            found.members.append(.init(name: name, bytes: Array(bytes[member.contents])))
        }
        return found
    }
}
