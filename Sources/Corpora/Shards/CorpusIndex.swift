import FoundationEssentials
import Runtime
public import Storage

/// `index.json` of a corpus directory; `docs/corpus-format.md` describes it field by field.
public struct CorpusIndex: Sendable, Equatable, Codable {
    public static let fileName = "index.json"
    static let formatName = "unimo-corpus"
    static let currentVersion = 1
    private static let byteLimit: UInt64 = 4 << 30
    /// Decompressed bytes of one frame at most.
    static let rawFrameLimit = 2 << 30

    /// One shard file and the samples in it.
    public struct Shard: Sendable, Equatable, Codable {
        public var name: String
        /// Bytes of the file.
        public var size: UInt64
        public var sha256: String
        public var frames: [FrameEntry]
        /// Keys of the samples in their order.
        public var keys: [String]
        /// Where each sample begins in the decompressed shard, beside `keys`.
        public var offsets: [UInt64]

        /// Bytes after decompression.
        public var rawSize: UInt64 { frames.reduce(0) { $0 + UInt64($1.rawSize) } }
    }

    public var format: String
    public var version: Int
    /// What wrote it.
    public var tool: String
    public var kind: CorpusKind
    /// Member name → number of samples that have it.
    public var members: [String: Int]
    /// Number of samples.
    public var samples: Int
    public var shards: [Shard]

    init(kind: CorpusKind, members: [String: Int], shards: [Shard]) {
        format = Self.formatName
        version = Self.currentVersion
        tool = Version.tool
        self.kind = kind
        self.members = members
        self.shards = shards
        samples = shards.reduce(0) { $0 + $1.keys.count }
    }

    static func shardName(_ number: Int) -> String {
        let digits = String(number)
        return "shard-" + String(repeating: "0", count: max(6 - digits.count, 0)) + digits + ".tar.zst"
    }

    var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }

    /// Reads and checks the index of a directory against its manifest.
    init(directory: String, manifest: ChecksumManifest) throws {
        let path = directory + "/" + Self.fileName
        let bytes = try InputFile.contents(of: path, limit: Self.byteLimit)
        func damaged(_ expected: String, _ found: String) -> CorpusError {
            .damaged(
                FileFault(
                    path: path, expected: expected, found: found,
                    remedy: "the corpus was changed or damaged: copy or pack it again"))
        }
        let digest = SHA256.hex(of: bytes)
        guard let expected = manifest.digests[Self.fileName] else {
            throw damaged("a line in \(ChecksumManifest.fileName)", "none")
        }
        guard digest == expected else { throw damaged("SHA-256 \(expected)", digest) }
        struct Head: Codable { var format: String, version: Int }
        do {
            let head = try JSONDecoder().decode(Head.self, from: Data(bytes))
            guard head.format == Self.formatName, (1...Self.currentVersion).contains(head.version) else {
                throw CorpusError.unsupported(
                    FileFault(
                        path: path, expected: "\(Self.formatName) version 1...\(Self.currentVersion)",
                        found: "\(head.format) version \(head.version)", remedy: "read it with a newer program"))
            }
            self = try JSONDecoder().decode(CorpusIndex.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw damaged("an index of version \(Self.currentVersion)", "\(error)")
        }
        if let fault = inconsistency(manifest) { throw damaged(fault.expected, fault.found) }
    }

    /// The first thing in the index that contradicts itself or the manifest; nil when nothing does.
    private func inconsistency(_ manifest: ChecksumManifest) -> (expected: String, found: String)? {
        guard samples == shards.reduce(0, { $0 + $1.keys.count }) else {
            return ("\(samples) samples", "\(shards.reduce(0) { $0 + $1.keys.count }) keys")
        }
        guard manifest.digests.count == shards.count + 1 else {
            return ("\(shards.count + 1) files in the manifest", "\(manifest.digests.count)")
        }
        for (number, shard) in shards.enumerated() {
            guard shard.name == Self.shardName(number) else {
                return ("`\(Self.shardName(number))` as shard \(number)", "`\(shard.name)`")
            }
            guard manifest.digests[shard.name] == shard.sha256 else {
                return ("SHA-256 \(shard.sha256) of \(shard.name) in the manifest", "another")
            }
            if let fault = shard.inconsistency { return ("\(shard.name): \(fault.expected)", fault.found) }
        }
        return nil
    }
}

extension CorpusIndex.Shard {
    /// The first thing that contradicts another: frames lie one after another, samples too, none straddles frames.
    fileprivate var inconsistency: (expected: String, found: String)? {
        guard keys.count == offsets.count else { return ("\(keys.count) offsets, one per key", "\(offsets.count)") }
        var place: UInt64 = 0
        for (number, frame) in frames.enumerated() {
            guard frame.offset == place, frame.size > 0, frame.size <= Int(Int32.max) else {
                return ("frame \(number) at byte \(place)", "byte \(frame.offset), size \(frame.size)")
            }
            guard frame.rawSize > 0, frame.rawSize <= CorpusIndex.rawFrameLimit else {
                return ("frame \(number) of at most \(CorpusIndex.rawFrameLimit) bytes", "\(frame.rawSize)")
            }
            place += UInt64(frame.size)
        }
        guard place < size else { return ("frames of less than \(size) bytes", "\(place)") }
        return sampleInconsistency
    }

    private var sampleInconsistency: (expected: String, found: String)? {
        var start: UInt64 = 0
        var sample = 0
        for (number, frame) in frames.enumerated() {
            let end = start + UInt64(frame.rawSize)
            // The last frame holds the end of the archive and no sample; every other one begins with a sample.
            let isLast = number == frames.count - 1
            guard isLast ? sample == offsets.count : sample < offsets.count && offsets[sample] == start else {
                return ("a sample at the start of frame \(number), byte \(start)", "none")
            }
            while sample < offsets.count && offsets[sample] < end {
                guard offsets[sample] % 512 == 0, sample == 0 || offsets[sample - 1] < offsets[sample] else {
                    return ("sample \(sample) at an ascending multiple of 512", "\(offsets[sample])")
                }
                sample += 1
            }
            start = end
        }
        return sample == offsets.count ? nil : ("offsets below \(start)", "\(offsets[sample])")
    }
}
