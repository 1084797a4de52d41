import FoundationEssentials
import Runtime
import Storage

/// `index.json` of a corpus directory: a row per shard. What it says is enough to lay out an epoch, so that a corpus of
/// ten thousand shards opens at once; where each sample lies is in the shard's table. `docs/corpus-format.md` describes
/// both field by field.
public struct CorpusIndex: Sendable, Equatable, Codable {
    public static let fileName = "index.json"
    static let formatName = "unimo-corpus"
    static let currentVersion = 2
    private static let byteLimit: UInt64 = 1 << 30
    /// Samples in a corpus at most.
    static let sampleLimit = 1 << 48
    /// Bytes of a corpus at most, in files and after decompression: far beyond any disk, far below where sums overflow.
    private static let sizeLimit: UInt64 = 1 << 60

    /// One shard file.
    public struct Shard: Sendable, Equatable, Codable {
        public var name: String
        /// Bytes of the file.
        public var size: UInt64
        /// Bytes after decompression.
        public var rawSize: UInt64
        public var sha256: String
        /// Samples in each frame, the last one, which holds none, left out.
        public var frameSamples: [Int]

        /// Samples in the shard.
        public var samples: Int { frameSamples.reduce(0, +) }
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
    /// Bytes of all texts.
    public var textBytes: Int
    public var shards: [Shard]
    /// Fingerprints of the corpora whose samples it was made from, by what they were to it; nil where it was packed from files.
    public var madeFrom: [String: String]?

    init(
        kind: CorpusKind, members: [String: Int], textBytes: Int, shards: [Shard], madeFrom: [String: String]? = nil
    ) {
        format = Self.formatName
        version = Self.currentVersion
        tool = Version.tool
        self.kind = kind
        self.members = members
        self.textBytes = textBytes
        self.shards = shards
        self.madeFrom = madeFrom
        samples = shards.reduce(0) { $0 + $1.samples }
    }

    static func shardName(_ number: Int) -> String { "shard-\(decimal(number, digits: 6)).tar.zst" }

    /// The file that says where the samples of a shard lie.
    static func tableName(_ number: Int) -> String { "table-\(decimal(number, digits: 6)).json" }

    var bytes: [UInt8] {
        get throws { try CorpusFile.json(self) }
    }

    /// Reads and checks the index of a directory against its manifest.
    init(directory: String, manifest: ChecksumManifest) throws {
        let bytes = try CorpusFile.checked(Self.fileName, in: directory, manifest: manifest, limit: Self.byteLimit)
        let path = directory + "/" + Self.fileName
        struct Head: Codable { var format: String, version: Int }
        do {
            let head = try JSONDocument.decode(Head.self, bytes)
            guard head.format == Self.formatName, head.version == Self.currentVersion else {
                throw CorpusError.unsupported(
                    FileFault(
                        path: path, expected: "\(Self.formatName) version \(Self.currentVersion)",
                        found: "\(head.format) version \(head.version)",
                        remedy: head.version < Self.currentVersion
                            ? "pack the corpus again" : "read it with a newer program"))
            }
            self = try JSONDocument.decode(CorpusIndex.self, bytes)
        } catch let fault as JSONDocument.Fault {
            throw CorpusFile.damaged(path, fault.expected, fault.found)
        }
        if let fault = inconsistency(manifest) { throw CorpusFile.damaged(path, fault.expected, fault.found) }
    }

    /// The first thing in the index that contradicts itself or the manifest; nil when nothing does.
    private func inconsistency(_ manifest: ChecksumManifest) -> (expected: String, found: String)? {
        guard manifest.digests.count == 2 * shards.count + 1 else {
            return ("\(2 * shards.count + 1) files in the manifest", "\(manifest.digests.count)")
        }
        guard (0...Int(Self.sizeLimit)).contains(textBytes) else { return ("bytes of text", "\(textBytes)") }
        guard members.values.allSatisfy((0...Self.sampleLimit).contains) else {
            return ("numbers of samples for the members", "\(members.values.max() ?? 0)")
        }
        var count = 0
        var (size, rawSize): (UInt64, UInt64) = (0, 0)
        for (number, shard) in shards.enumerated() {
            guard shard.size <= Self.sizeLimit - size, shard.rawSize <= Self.sizeLimit - rawSize else {
                return ("at most \(Self.sizeLimit) bytes", "\(shard.size) and \(shard.rawSize) in \(shard.name)")
            }
            (size, rawSize) = (size + shard.size, rawSize + shard.rawSize)
            guard shard.name == Self.shardName(number) else {
                return ("`\(Self.shardName(number))` as shard \(number)", "`\(shard.name)`")
            }
            guard manifest.digests[shard.name] == shard.sha256 else {
                return ("SHA-256 \(shard.sha256) of \(shard.name) in the manifest", "another")
            }
            guard manifest.digests[Self.tableName(number)] != nil else {
                return ("\(Self.tableName(number)) in the manifest", "no such line")
            }
            guard let inShard = shard.checkedSamples, count + inShard <= Self.sampleLimit else {
                return ("\(shard.name): frames with a sample each", "another number")
            }
            count += inShard
        }
        return samples == count ? nil : ("\(samples) samples", "\(count) in the shards")
    }
}

extension CorpusIndex.Shard {
    /// The sum of `frameSamples`; nil when a frame has none or the sum is beyond all reason.
    fileprivate var checkedSamples: Int? {
        var sum = 0
        for samples in frameSamples {
            guard samples > 0, samples <= CorpusIndex.sampleLimit, sum <= CorpusIndex.sampleLimit else { return nil }
            sum += samples
        }
        return frameSamples.isEmpty ? nil : sum
    }
}

/// Files of a corpus directory that are read whole.
enum CorpusFile {
    /// The manifest of a corpus directory.
    static func manifest(_ directory: String) throws -> ChecksumManifest {
        guard Directory.kind(of: directory) != nil else {
            throw CorpusError.noCorpus(path: directory, reason: "there is no such directory; check the path")
        }
        if let known = KnownDirectory(directory), known != .corpus {
            throw CorpusError.noCorpus(
                path: directory, reason: "it is \(known.rawValue); name a directory that `corpus pack` made")
        }
        guard Directory.kind(of: directory) == .directory else {
            throw CorpusError.noCorpus(path: directory, reason: "it is a file; name the directory of a corpus")
        }
        let isThere = { Directory.exists(directory + "/" + $0) }
        guard isThere(ChecksumManifest.fileName) || isThere(CorpusIndex.fileName) else {
            let inside = ((try? Directory.names(in: directory)) ?? []).filter {
                KnownDirectory(directory + "/" + $0) == .corpus
            }
            guard inside.isEmpty else {
                throw CorpusError.noCorpus(
                    path: directory, reason: "it holds corpora; name one: \(inside.prefix(8).joined(separator: ", "))")
            }
            throw CorpusError.noCorpus(
                path: directory,
                reason: "it lacks \(CorpusIndex.fileName) and \(ChecksumManifest.fileName); name a directory that "
                    + "`corpus pack` made")
        }
        return try ChecksumManifest(directory: directory)
    }

    /// A line of JSON, its keys sorted, so that equal values have equal bytes.
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    /// The bytes of a file, which have the digest that the manifest says.
    static func checked(
        _ name: String, in directory: String, manifest: ChecksumManifest, limit: UInt64
    ) throws -> [UInt8] {
        guard let expected = manifest.digests[name] else {
            throw damaged(directory + "/" + name, "a line in \(ChecksumManifest.fileName)", "none")
        }
        return try checked(name, in: directory, digest: expected, limit: limit)
    }

    static func checked(_ name: String, in directory: String, digest expected: String, limit: UInt64) throws -> [UInt8]
    {
        let path = directory + "/" + name
        let bytes = try InputFile.contents(of: path, limit: limit)
        let digest = SHA256.hex(of: bytes)
        guard digest == expected else { throw damaged(path, "SHA-256 \(expected)", digest) }
        return bytes
    }

    static func damaged(_ path: String, _ expected: String, _ found: String) -> CorpusError {
        .damaged(
            FileFault(
                path: path, expected: expected, found: found,
                remedy: "the corpus was changed or damaged: copy or pack it again"))
    }
}
