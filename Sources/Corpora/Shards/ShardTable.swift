import FoundationEssentials
import Runtime
public import Storage

/// `table-NNNNNN.json`: where the frames and samples of one shard lie. It is read when the shard is first needed.
public struct ShardTable: Sendable, Equatable, Codable {
    private static let byteLimit: UInt64 = 1 << 30
    /// Decompressed bytes of one frame at most.
    static let rawFrameLimit = 2 << 30

    public var frames: [FrameEntry]
    /// Keys of the samples in their order.
    public var keys: [String]
    /// Where each sample begins in the decompressed shard, beside `keys`.
    public var offsets: [UInt64]
    /// Bytes of each sample's text, beside `keys`; 0 where it has none.
    public var textBytes: [Int]

    init(frames: [FrameEntry], keys: [String], offsets: [UInt64], textBytes: [Int]) {
        self.frames = frames
        self.keys = keys
        self.offsets = offsets
        self.textBytes = textBytes
    }

    var bytes: [UInt8] {
        get throws { try CorpusFile.json(self) }
    }

    /// Reads the table of a shard and checks it against its digest, itself, and the shard's row in the index.
    init(directory: String, name: String, digest: String, row: CorpusIndex.Shard) throws {
        let bytes = try CorpusFile.checked(name, in: directory, digest: digest, limit: Self.byteLimit)
        let path = directory + "/" + name
        do throws(JSONDocument.Fault) { self = try JSONDocument.decode(ShardTable.self, bytes) } catch {
            throw CorpusFile.damaged(path, error.expected, error.found)
        }
        if let fault = inconsistency(row) { throw CorpusFile.damaged(path, fault.expected, fault.found) }
    }

    /// The first thing that contradicts another: frames lie one after another, samples too, none straddles frames.
    private func inconsistency(_ row: CorpusIndex.Shard) -> (expected: String, found: String)? {
        guard keys.count == offsets.count, keys.count == textBytes.count else {
            return ("\(keys.count) offsets and lengths, one per key", "\(offsets.count) and \(textBytes.count)")
        }
        var place: UInt64 = 0
        var raw: UInt64 = 0
        for (number, frame) in frames.enumerated() {
            guard frame.offset == place, frame.size > 0, frame.size <= Int(Int32.max) else {
                return ("frame \(number) at byte \(place)", "byte \(frame.offset), size \(frame.size)")
            }
            guard frame.rawSize > 0, frame.rawSize <= Self.rawFrameLimit else {
                return ("frame \(number) of at most \(Self.rawFrameLimit) bytes", "\(frame.rawSize)")
            }
            place += UInt64(frame.size)
            raw += UInt64(frame.rawSize)
        }
        guard place < row.size else { return ("frames of less than \(row.size) bytes", "\(place)") }
        guard raw == row.rawSize else { return ("\(row.rawSize) bytes after decompression", "\(raw)") }
        return sampleInconsistency(row)
    }

    private func sampleInconsistency(_ row: CorpusIndex.Shard) -> (expected: String, found: String)? {
        // The last frame holds the end of the archive and no sample; every other one begins with a sample.
        guard frames.count == row.frameSamples.count + 1 else {
            return ("\(row.frameSamples.count + 1) frames", "\(frames.count)")
        }
        guard keys.count == row.samples else { return ("\(row.samples) samples", "\(keys.count)") }
        var start: UInt64 = 0
        var sample = 0
        for (number, frame) in frames.dropLast().enumerated() {
            let end = start + UInt64(frame.rawSize)
            guard offsets[sample] == start else {
                return ("a sample at the start of frame \(number), byte \(start)", "byte \(offsets[sample])")
            }
            for next in sample..<sample + row.frameSamples[number] {
                let isAscending = next == sample || offsets[next - 1] < offsets[next]
                guard offsets[next] % 512 == 0, isAscending, offsets[next] < end, textBytes[next] >= 0 else {
                    return ("sample \(next) in frame \(number), at an ascending multiple of 512", "\(offsets[next])")
                }
            }
            sample += row.frameSamples[number]
            start = end
        }
        return nil
    }
}
