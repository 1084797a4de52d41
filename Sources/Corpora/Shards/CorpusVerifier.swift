import Runtime
import Storage

/// What a full check of a corpus found.
public struct CorpusVerification: Sendable {
    /// Samples whose every byte was checked.
    public var samples = 0
    /// Bytes of all shard files.
    public var bytes: UInt64 = 0
    /// Everything wrong; empty for a sound corpus.
    public var findings: [String] = []

    public var isSound: Bool { findings.isEmpty }
}

/// Checks every byte and every sample of a corpus directory.
public struct CorpusVerifier {
    /// Looks into one sample: decodes its image, its text. What it throws becomes a finding.
    public typealias SampleCheck = @Sendable (_ sample: StoredSample) throws -> Void

    private let directory: String
    private let workers: Int

    public init(directory: String, workers: Int = 1) {
        self.directory = directory
        self.workers = max(workers, 1)
    }

    /// Goes on after a fault to find the others; throws only when there is no manifest or index to go by.
    public func run(check: SampleCheck? = nil) throws -> CorpusVerification {
        let manifest = try ChecksumManifest(directory: directory)
        let index = try CorpusIndex(directory: directory, manifest: manifest)
        var result = CorpusVerification()
        result.findings += try unlisted(manifest)
        let pool = WorkerPool(threads: workers)
        defer { pool.stop() }
        var perShard = [(samples: Int, findings: [String])](repeating: (0, []), count: index.shards.count)
        perShard.withUnsafeMutableBufferPointer { perShard in
            let base = perShard.baseAddress
            pool.run(index.shards.count) { task, _ in
                let audit = ShardAudit(directory: directory, index: index, number: task, manifest: manifest)
                base?[task] = audit.run(check: check)
            }
        }
        for (shard, found) in zip(index.shards, perShard) {
            result.samples += found.samples
            result.bytes += shard.size
            result.findings += found.findings
        }
        result.findings += repeatedKeys(index, manifest)
        return result
    }

    private func unlisted(_ manifest: ChecksumManifest) throws -> [String] {
        try Directory.names(in: directory).filter {
            manifest.digests[$0] == nil && $0 != ChecksumManifest.fileName && $0 != ".lock"
        }.map { "\(directory)/\($0): not listed in \(ChecksumManifest.fileName); remove it" }
    }

    /// Tables that can't be read are findings of their shard already.
    private func repeatedKeys(_ index: CorpusIndex, _ manifest: ChecksumManifest) -> [String] {
        var seen: Set<String> = []
        return index.shards.indices.flatMap { number in
            let reader = try? ShardReader(directory: directory, index: index, number: number, manifest: manifest)
            return (reader?.table.keys ?? []).filter { !seen.insert($0).inserted }.map {
                "\(directory)/\(index.shards[number].name): the key `\($0)` occurs twice; pack the corpus again"
            }
        }
    }
}

/// The full check of one shard.
private struct ShardAudit {
    let directory: String
    let index: CorpusIndex
    let number: Int
    let manifest: ChecksumManifest

    func run(check: CorpusVerifier.SampleCheck?) -> (samples: Int, findings: [String]) {
        do {
            try ShardReader.checkSize(index.shards[number], in: directory)
            let reader = try ShardReader(directory: directory, index: index, number: number, manifest: manifest)
            return try FrameAudit(reader: reader, kind: index.kind).run(check: check)
        } catch { return (0, ["\(error)"]) }
    }
}

/// The check of what a shard's table tells of.
private struct FrameAudit {
    let reader: ShardReader
    let kind: CorpusKind

    func run(check: CorpusVerifier.SampleCheck?) throws -> (samples: Int, findings: [String]) {
        var findings: [String] = []
        var samples = 0
        let file = try InputFile(path: reader.path)
        try checkTable(file)
        var first = 0
        for (frame, count) in (reader.row.frameSamples + [0]).enumerated() {
            do {
                let bytes = try reader.read(frame: frame, from: file)
                if count == 0, bytes != Tar.end {
                    findings.append("\(reader.path): the archive does not end with two zero blocks")
                }
                for number in first..<first + count {
                    let faults = faults(of: number, in: bytes, frame: frame, check: check)
                    if faults.isEmpty { samples += 1 }
                    findings += faults
                }
            } catch { findings.append("\(error) (samples \(range(first..<first + count)))") }
            first += count
        }
        if findings.isEmpty { try checkDigest(file) }
        return (samples, findings)
    }

    /// What follows the frames: the seek table, byte by byte.
    private func checkTable(_ file: InputFile) throws {
        let frames = reader.table.frames
        let start = frames.last.map { $0.offset + UInt64($0.size) } ?? 0
        let table = SeekTable(frames.map { ($0.size, $0.rawSize) })
        guard try file.read(at: start, count: Int(reader.row.size - start)) == table.bytes else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, offset: start, expected: "a seek table as in the index", found: "other bytes",
                    remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func checkDigest(_ file: InputFile) throws {
        let found = try file.digest().sha256
        guard found == reader.row.sha256 else {
            throw CorpusError.damaged(
                FileFault(
                    path: reader.path, expected: "SHA-256 \(reader.row.sha256)", found: found,
                    remedy: "the shard was changed or damaged: copy or pack it again"))
        }
    }

    private func faults(
        of number: Int, in bytes: [UInt8], frame: Int, check: CorpusVerifier.SampleCheck?
    ) -> [String] {
        do {
            let sample = try reader.sample(number, in: bytes, frame: frame)
            let place = "\(reader.path) at byte \(sample.offset): sample `\(sample.key)`"
            var faults = kind.required.filter { sample.member($0) == nil }.map {
                "\(place) has no member \($0.joined(separator: ", ")); pack the corpus again"
            }
            for member in sample.members where member.bytes.isEmpty {
                faults.append("\(place): \(member.name) is empty; pack the corpus again")
            }
            do { try check?(sample) } catch { faults.append("\(place): \(error)") }
            return faults
        } catch { return ["\(error)"] }
    }

    private func range(_ samples: Range<Int>) -> String {
        guard let first = samples.first, let last = samples.last else { return "none" }
        return "`\(reader.table.keys[first])` to `\(reader.table.keys[last])`"
    }
}
