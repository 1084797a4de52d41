import Runtime
import Storage

/// What a full check of a corpus found.
public struct CorpusVerification: Sendable {
    /// Samples in which nothing is wrong; warnings don't count.
    public var samples = 0
    /// Bytes of all shard files.
    public var bytes: UInt64 = 0
    public var findings: CorpusFindings

    public var isSound: Bool { findings.faults == 0 }
}

/// How far a check is, in bytes of shard files.
public struct VerificationProgress: Sendable {
    public var done: UInt64
    public var total: UInt64
    public var samples: Int
}

/// Checks every byte and every sample of a corpus directory, on all threads at once: the work is cut by frames.
public struct CorpusVerifier {
    private let directory: String
    private let workers: Int
    private let contents: ContentLimits?
    private let examples: Int

    /// - Parameters:
    ///   - contents: limits for what is in the samples; nil checks bytes only.
    ///   - examples: findings of each kind that are kept in full.
    public init(directory: String, workers: Int = 1, contents: ContentLimits? = nil, examples: Int = 100) {
        self.directory = directory
        self.workers = max(workers, 1)
        self.contents = contents
        self.examples = examples
    }

    /// Goes on after a fault to find the others; throws only when there is no manifest or index to go by.
    /// - Parameter progress: called now and then, by one thread at a time.
    public func run(
        progress: @escaping @Sendable (VerificationProgress) -> Void = { _ in }
    ) throws -> CorpusVerification {
        let manifest = try CorpusFile.manifest(directory)
        let index = try CorpusIndex(directory: directory, manifest: manifest)
        var result = CorpusVerification(findings: CorpusFindings(limit: examples))
        for finding in try unlisted(manifest) { result.findings.add(finding) }
        result.bytes = index.shards.reduce(0) { $0 + $1.size }
        let meter = Meter(total: result.bytes, report: progress)
        let pool = WorkerPool(threads: workers)
        defer { pool.stop() }
        var digests = ContentCheck.Digests()
        var keys: [ContentDigest] = []
        let shards = ShardOpener(directory: directory, index: index, manifest: manifest)
        // A few shards at a time: their tables are in memory, and small shards keep all threads busy.
        for first in stride(from: 0, to: index.shards.count, by: 2 * workers) {
            let audits = (first..<min(first + 2 * workers, index.shards.count)).compactMap { number in
                audit(number, shards, &result.findings, meter)
            }
            for part in check(audits, pool, meter) {
                result.samples += part.samples
                result.findings.add(part.findings)
                digests.images += part.digests.images
                digests.texts += part.digests.texts
                keys += part.keys
            }
        }
        addRepeated(keys, digests, shards, to: &result)
        return result
    }

    /// Nil, and a finding, when the shard's file or table is not what it should be.
    private func audit(
        _ number: Int, _ shards: ShardOpener, _ findings: inout CorpusFindings, _ meter: Meter
    ) -> ShardAudit? {
        do {
            try ShardReader.checkSize(shards.index.shards[number], in: directory)
            return ShardAudit(
                reader: try shards.open(number), kind: shards.index.kind, firstSample: shards.firsts[number],
                contents: contents.map(ContentCheck.init), examples: examples)
        } catch {
            findings.add(CorpusFinding(.damaged, "\(error)"))
            meter.add(bytes: shards.index.shards[number].size, samples: 0)
            return nil
        }
    }

    /// All parts of some shards, in their order.
    private func check(_ shards: [ShardAudit], _ pool: WorkerPool, _ meter: Meter) -> [ShardAudit.Result] {
        let parts = shards.flatMap { shard in shard.parts.map { (shard: shard, part: $0) } }
        var results = [ShardAudit.Result?](repeating: nil, count: parts.count)
        results.withUnsafeMutableBufferPointer { results in
            let base = results.baseAddress
            pool.run(parts.count) { task, _ in
                let result = parts[task].shard.run(parts[task].part)
                base?[task] = result
                meter.add(bytes: result.bytes, samples: result.samples)
            }
        }
        return results.compactMap(\.self)
    }

    private func addRepeated(
        _ keys: [ContentDigest], _ digests: ContentCheck.Digests, _ shards: ShardOpener,
        to result: inout CorpusVerification
    ) {
        let repeatedKeys = ContentDigest.repeated(keys)
        result.samples -= repeatedKeys.count
        for (kind, repeated, what) in [
            (CorpusFinding.Kind.repeatedKey, repeatedKeys, "has the key of"),
            (.duplicateImage, ContentDigest.repeated(digests.images), "has the image of"),
            (.duplicateText, ContentDigest.repeated(digests.texts), "has the text of"),
        ] {
            result.findings.add(kind, repeated) { sample, first in
                let text = "\(directory)/\(shards.place(of: sample)) \(what) \(shards.place(of: first))"
                return CorpusFinding(kind, text, sample: sample)
            }
        }
    }

    private func unlisted(_ manifest: ChecksumManifest) throws -> [CorpusFinding] {
        try Directory.names(in: directory).filter {
            manifest.digests[$0] == nil && $0 != ChecksumManifest.fileName && $0 != ".lock"
        }.map { CorpusFinding(.unlisted, "\(directory)/\($0): not listed in \(ChecksumManifest.fileName); remove it") }
    }
}

/// Adds up what the threads have done.
private final class Meter: @unchecked Sendable {
    // Safety: every stored `var` is touched only while `monitor` is locked, and `report` is called only then.
    private let monitor = Monitor()
    private let report: @Sendable (VerificationProgress) -> Void
    private var progress: VerificationProgress

    init(total: UInt64, report: @escaping @Sendable (VerificationProgress) -> Void) {
        progress = VerificationProgress(done: 0, total: total, samples: 0)
        self.report = report
    }

    func add(bytes: UInt64, samples: Int) {
        monitor.locked {
            progress.done += bytes
            progress.samples += samples
            report(progress)
        }
    }
}

/// Shards and samples by number.
private struct ShardOpener {
    let directory: String
    let index: CorpusIndex
    let manifest: ChecksumManifest
    /// Number of the first sample of each shard, and the number of samples at the end.
    let firsts: [Int]

    init(directory: String, index: CorpusIndex, manifest: ChecksumManifest) {
        (self.directory, self.index, self.manifest) = (directory, index, manifest)
        firsts = index.shards.reduce(into: [0]) { $0.append($0.last! + $1.samples) }
    }

    /// Reads the shard's table.
    func open(_ number: Int) throws -> ShardReader {
        try ShardReader(directory: directory, index: index, number: number, manifest: manifest)
    }

    func place(of sample: Int) -> String {
        let shard = max((firsts.firstIndex { $0 > sample } ?? firsts.count) - 1, 0)
        // The table was read before; should it be gone by now, the number is enough.
        let key = (try? open(shard))?.table.keys[sample - firsts[shard]] ?? "?"
        return "\(index.shards[shard].name): sample `\(key)` (#\(sample))"
    }
}
