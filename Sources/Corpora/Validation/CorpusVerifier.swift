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
        let manifest = try ChecksumManifest(directory: directory)
        let index = try CorpusIndex(directory: directory, manifest: manifest)
        var result = CorpusVerification(findings: CorpusFindings(limit: examples))
        for finding in try unlisted(manifest) { result.findings.add(finding) }
        let shards = audits(of: index)
        result.bytes = index.shards.reduce(0) { $0 + $1.size }
        let found = check(shards, total: result.bytes, progress)
        var digests = ContentCheck.Digests()
        for audit in found {
            result.samples += audit.samples
            result.findings.add(audit.findings)
            digests.images += audit.digests.images
            digests.texts += audit.digests.texts
        }
        let names = SampleNames(index)
        let keys = names.repeatedKeys()
        result.samples -= keys.count
        for (kind, repeated, what) in [
            (CorpusFinding.Kind.repeatedKey, keys, "has the key of"),
            (.duplicateImage, ContentDigest.repeated(digests.images), "has the image of"),
            (.duplicateText, ContentDigest.repeated(digests.texts), "has the text of"),
        ] {
            for (sample, first) in repeated {
                let text = "\(directory)/\(names.place(of: sample)) \(what) \(names.place(of: first))"
                result.findings.add(CorpusFinding(kind, text, sample: sample))
            }
        }
        return result
    }

    private func audits(of index: CorpusIndex) -> [ShardAudit] {
        var first = 0
        return index.shards.map { shard in
            defer { first += shard.keys.count }
            return ShardAudit(
                reader: ShardReader(directory: directory, shard: shard), kind: index.kind, firstSample: first,
                contents: contents.map(ContentCheck.init), examples: examples)
        }
    }

    /// All parts of all shards, in their order.
    private func check(
        _ shards: [ShardAudit], total: UInt64, _ progress: @escaping @Sendable (VerificationProgress) -> Void
    ) -> [ShardAudit.Result] {
        let parts = shards.flatMap { shard in shard.parts.map { (shard: shard, part: $0) } }
        let meter = Meter(total: total, report: progress)
        let pool = WorkerPool(threads: workers)
        defer { pool.stop() }
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

/// Where samples lie, by number.
private struct SampleNames {
    private let index: CorpusIndex
    private let firsts: [Int]

    init(_ index: CorpusIndex) {
        self.index = index
        firsts = index.shards.reduce(into: [0]) { $0.append($0.last! + $1.keys.count) }
    }

    func repeatedKeys() -> [(sample: Int, first: Int)] {
        var digests: [ContentDigest] = []
        for (shard, first) in zip(index.shards, firsts) {
            for (number, key) in shard.keys.enumerated() {
                digests.append(ContentDigest(Array(key.utf8), sample: first + number))
            }
        }
        return ContentDigest.repeated(digests)
    }

    func place(of sample: Int) -> String {
        let shard = max((firsts.firstIndex { $0 > sample } ?? firsts.count) - 1, 0)
        return "\(index.shards[shard].name): sample `\(index.shards[shard].keys[sample - firsts[shard]])` (#\(sample))"
    }
}
