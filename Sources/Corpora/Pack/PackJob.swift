import Runtime
import Storage

/// Turns files into a corpus directory.
///
/// Samples keep the order of the sources (files sorted bytewise by path, documents in file order); the bytes written do
/// not depend on the number of workers.
public struct PackJob {
    private let options: PackOptions

    public init(_ options: PackOptions) { self.options = options }

    /// Packs. On failure no corpus appears.
    /// - Parameters:
    ///   - notice: told what the sources are found to be.
    ///   - progress: called between rounds of work, on the calling thread; what it throws ends the work.
    public func run(
        notice: (PackNotice) -> Void = { _ in }, progress: (PackProgress) throws -> Void = { _ in }
    ) throws -> PackReport {
        guard !Directory.exists(options.output) else { throw CorpusError.exists(path: options.output) }
        let plan = try PackPlan(options)
        for source in plan.detected { notice(.detected(source)) }
        let pool = WorkerPool(threads: max(options.workers, 1))
        defer { pool.stop() }
        let writer = try CorpusWriter(
            directory: options.output, kind: options.kind, layout: options.layout, pool: pool)
        var run = PackRun(options: options, plan: plan, pool: pool, writer: writer)
        while try run.round() { try progress(run.progress) }
        return try run.finish()
    }
}

/// The sources of a job as a look at them has told.
struct PackPlan {
    let sources: [PackSource]
    let sizes: [UInt64]
    let detected: [DetectedSource]
    /// SHA-256 over the sources' paths, sizes and times.
    let digest: String

    init(_ options: PackOptions) throws {
        var (sources, sizes, detected): ([PackSource], [UInt64], [DetectedSource]) = ([], [], [])
        let hash = SHA256()
        for source in try options.openSources() {
            let survey = try source.survey()
            sources.append(source.adapted(to: survey))
            sizes.append(survey.bytes)
            detected.append(Self.describe(source.path, survey))
            Array(survey.digest.utf8).withUnsafeBytes { hash.update($0) }
        }
        (self.sources, self.sizes, self.detected) = (sources, sizes, detected)
        digest = hash.hex()
    }

    private static func describe(_ path: String, _ survey: PackSource.Survey) -> DetectedSource {
        let formats = survey.counts.sorted { $0.key.rawValue < $1.key.rawValue }
        var text = formats.map(\.key.rawValue).joined(separator: " and ")
        if survey.isDownload { text = "img2dataset output (\(text))" }
        return DetectedSource(
            path: path, format: text.isEmpty ? "nothing to read" : text, files: formats.reduce(0) { $0 + $1.value },
            bytes: survey.bytes)
    }
}

/// The state of one run.
struct PackRun {
    /// Rough bytes read by one round of the workers, per worker.
    private static let roundWeight = 8 << 20

    private let options: PackOptions
    private let plan: PackPlan
    private let pool: WorkerPool
    private let writer: CorpusWriter
    private var stream: SourceStream
    private var counts = PackCounts()

    init(options: PackOptions, plan: PackPlan, pool: WorkerPool, writer: CorpusWriter) {
        self.options = options
        self.plan = plan
        self.pool = pool
        self.writer = writer
        stream = SourceStream(plan.sources, sizes: plan.sizes)
    }

    var progress: PackProgress {
        var state = PackProgress()
        (state.seen, state.packed, state.rejected) = (counts.seen, counts.packed, counts.rejectedCount)
        (state.bytes, state.consumed, state.total) = (writer.size, stream.consumed, plan.sizes.reduce(0, +))
        return state
    }

    /// Takes events for one round, reads their samples in parallel and hands them on in order; false when there are no
    /// more.
    mutating func round() throws -> Bool {
        var events: [(event: PackEvent, position: PackPosition)] = []
        var weight = 0
        while weight < Self.roundWeight * pool.threads, let next = try stream.next() {
            events.append(next)
            weight += 256
            if case .item(let item) = next.event, keeps(item) { weight += item.weight }
        }
        guard !events.isEmpty else { return false }
        let transform = options.transformImage
        var loaded = [Result<ArchivedSample, any Error>?](repeating: nil, count: events.count)
        loaded.withUnsafeMutableBufferPointer { loaded in
            let base = loaded.baseAddress
            pool.run(events.count) { task, _ in
                guard case .item(let item) = events[task].event, keeps(item) else { return }
                base?[task] = Result { try ArchivedSample(try item.load(transform: transform)) }
            }
        }
        for (number, next) in events.enumerated() { try take(next.event, loaded[number]) }
        return true
    }

    private func keeps(_ item: PackItem) -> Bool { options.holdOut?.keeps(item.document) ?? true }

    private mutating func take(_ event: PackEvent, _ result: Result<ArchivedSample, any Error>?) throws {
        counts.seen += 1
        switch event {
        case .rejected(let source): counts.reject(source)
        case .unpaired(let path): counts.countUnpaired(path)
        case .item(let item):
            guard let result else {
                counts.heldBack += 1
                return
            }
            try keep(item, result)
        }
    }

    private mutating func keep(_ item: PackItem, _ result: Result<ArchivedSample, any Error>) throws {
        let sample: ArchivedSample
        do { sample = try result.get() } catch is FailedDownload {
            counts.failedDownloads += 1
            return
        } catch {
            return counts.reject(RejectedSource(path: item.origin, reason: "\(error)"))
        }
        guard !writer.contains(sample.key) else {
            return counts.reject(RejectedSource(path: item.origin, reason: "its key `\(item.key)` is taken already"))
        }
        // Once a source is bad, the corpus will not appear: only look for more bad ones.
        guard counts.rejectedCount == 0 || options.skipBad else { return }
        try writer.append(sample)
        counts.packed += 1
    }

    mutating func finish() throws -> PackReport {
        guard counts.rejectedCount == 0 || options.skipBad else {
            throw CorpusError.rejected(counts.rejected, count: counts.rejectedCount)
        }
        guard counts.packed > 0 else {
            throw CorpusError.empty(
                sources: options.sources,
                reason: "\(counts.seen) samples seen, \(counts.unpairedCount) images without a caption, "
                    + "\(counts.heldBack) samples in the other part, none of kind \(options.kind.rawValue)")
        }
        var report = PackReport()
        report.sources = plan.detected
        report.fingerprint = try writer.finish()
        (report.samples, report.shards, report.bytes) = (counts.packed, writer.shardCount, writer.size)
        (report.heldBack, report.failedDownloads) = (counts.heldBack, counts.failedDownloads)
        (report.unpaired, report.unpairedCount) = (counts.unpaired, counts.unpairedCount)
        (report.rejected, report.rejectedCount) = (counts.rejected, counts.rejectedCount)
        return report
    }
}
