import FoundationEssentials
import Glibc
import Runtime
import Storage

/// `journal.jsonl` in the staging place: what the attempt was to do, and a line for every shard it has finished. A line
/// is written when the shard and its table have reached the disk, and is on the disk itself before work goes on.
final class PackJournal {
    /// What the bytes of the corpus depend on.
    struct Header: Codable, Equatable {
        var version = 3
        var tool = Version.tool
        var options: [String]
        /// SHA-256 over path, size and time of every file of the sources.
        var sources: String
    }

    /// A finished shard, and where the work stood after its last sample.
    struct Shard: Codable, Equatable {
        var row: CorpusIndex.Shard
        var table: FileDigest
        var mark: PackMark

        /// Whether it can be the `number`-th shard of a corpus, and its numbers such as counting gives.
        func isSound(as number: Int) -> Bool {
            let (position, counts) = (mark.position, mark.counts)
            let numbers =
                [
                    position.source, position.file, position.unit.line, position.unit.number, position.taken,
                    counts.seen, counts.packed, counts.heldBack, counts.failedDownloads, counts.unpairedCount,
                    counts.rejectedCount, mark.totals.textBytes, row.frameSamples.count,
                ] + counts.leftOut.values.map(\.count) + row.frameSamples + mark.totals.members.values
            return row.name == CorpusIndex.shardName(number) && table.name == CorpusIndex.tableName(number)
                && row.size < 1 << 60 && row.rawSize < 1 << 60 && numbers.allSatisfy((0..<1 << 40).contains)
        }
    }

    /// The last line: everything is in place but the name.
    struct End: Codable, Equatable {
        var counts: PackCounts
        var fingerprint: String
    }

    /// What a journal holds.
    struct Contents {
        var header: Header
        var shards: [Shard] = []
        var end: End?
    }

    private static let byteLimit: UInt64 = 4 << 30

    private let path: String
    private let descriptor: Int32

    /// Begins a journal, or goes on with one: its lines are written anew, whatever was half-written behind them is gone.
    init(path: String, contents: Contents) throws {
        self.path = path
        var lines = try Self.line(contents.header)
        for shard in contents.shards { lines += try Self.line(shard) }
        try AtomicFile.write(lines, to: path, faultPoint: "pack")
        descriptor = open(path.systemPath, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.system(path: path, operation: "open", code: errno) }
    }

    deinit { close(descriptor) }

    func append(_ record: some Encodable) throws {
        let line = try Self.line(record)
        var done = 0
        while done < line.count {
            let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, line.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StorageError.system(path: path, operation: "write", code: errno) }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw StorageError.system(path: path, operation: "flush", code: errno) }
    }

    private static func line(_ record: some Encodable) throws -> [UInt8] {
        sealed(Array(try CorpusFile.json(record).dropLast()))
    }

    /// A record as a line: the JSON, a tab, its SHA-256, a line feed.
    static func sealed(_ record: [UInt8]) -> [UInt8] { record + [9] + Array(SHA256.hex(of: record).utf8) + [10] }

    /// The record of a line; nil when it is not the one that was written, or was being written when the attempt ended.
    private static func record(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let record = Array(line.dropLast(65))
        return sealed(record).dropLast().elementsEqual(line) ? record : nil
    }

    /// Reads a journal as far as it is whole; nil when there is none, or not even its first line.
    static func read(_ path: String) throws -> Contents? {
        guard Directory.kind(of: path) == .file else { return nil }
        let bytes = try InputFile.contents(of: path, limit: byteLimit)
        let decoder = JSONDecoder()
        var lines = ByteLines(bytes)
        func record<Record: Decodable>(_ type: Record.Type, _ line: ArraySlice<UInt8>?) -> Record? {
            line.flatMap(Self.record).flatMap { try? decoder.decode(type, from: Data($0)) }
        }
        guard let header = record(Header.self, lines.next()) else { return nil }
        var contents = Contents(header: header)
        while let line = lines.next() {
            guard let shard = record(Shard.self, line) else {
                contents.end = record(End.self, line)
                break
            }
            guard shard.isSound(as: contents.shards.count) else { break }
            contents.shards.append(shard)
        }
        return contents
    }
}

/// Where the work stood after a sample.
struct PackMark: Codable, Equatable, Sendable {
    var position = PackPosition()
    var counts = PackCounts()
    var totals = CorpusTotals()
}

extension PackJournal.Header {
    /// What differs from another, for a message; nil when both would pack the same bytes.
    func difference(from other: PackJournal.Header) -> String? {
        guard tool == other.tool, version == other.version else { return "another program wrote it, \(other.tool)" }
        for (mine, others) in zip(options, other.options) where mine != others {
            return "it was packed with other options: `\(others)`, now `\(mine)`"
        }
        guard options.count == other.options.count else { return "it has other sources" }
        return sources == other.sources ? nil : "the sources have changed since"
    }
}
