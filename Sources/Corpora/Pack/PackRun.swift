import Runtime
import Storage

/// The state of one run.
struct PackRun {
    /// Rough bytes read by one round of the workers, per worker.
    private static let roundWeight = 8 << 20

    private let options: PackOptions
    private let plan: PackPlan
    private let pool: WorkerPool
    private let attempt: PackAttempt
    private let writer: CorpusWriter
    private var stream: SourceStream
    private var counts: PackCounts

    init(options: PackOptions, plan: PackPlan, pool: WorkerPool, writer: CorpusWriter, attempt: PackAttempt) {
        self.options = options
        self.plan = plan
        self.pool = pool
        self.writer = writer
        self.attempt = attempt
        let mark = attempt.finished.last?.mark ?? PackMark()
        counts = mark.counts
        stream = SourceStream(plan.sources, sizes: plan.sizes, from: mark.position)
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
        for (number, next) in events.enumerated() { try take(next, loaded[number]) }
        return true
    }

    private func keeps(_ item: PackItem) -> Bool { options.holdOut?.keeps(item.document) ?? true }

    private mutating func take(
        _ next: (event: PackEvent, position: PackPosition), _ result: Result<ArchivedSample, any Error>?
    ) throws {
        counts.seen += 1
        switch next.event {
        case .rejected(let source): counts.reject(source)
        case .unpaired(let path): counts.countUnpaired(path)
        case .leftOut(let reason, let path): counts.leaveOut(reason, path)
        case .item(let item):
            guard let result else {
                counts.heldBack += 1
                return
            }
            try keep(item, result, next.position)
        }
    }

    private mutating func keep(
        _ item: PackItem, _ result: Result<ArchivedSample, any Error>, _ position: PackPosition
    ) throws {
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
        counts.packed += 1
        try writer.append(sample, mark: PackMark(position: position, counts: counts))
    }

    mutating func finish() throws -> PackReport {
        guard counts.rejectedCount == 0 || options.skipBad else {
            try writer.discard()
            throw CorpusError.rejected(counts.rejected, count: counts.rejectedCount)
        }
        guard counts.packed > 0 else {
            throw CorpusError.empty(sources: options.sources, reason: emptiness)
        }
        let counts = counts
        let fingerprint = try writer.finish { fingerprint in
            try attempt.journal.append(PackJournal.End(counts: counts, fingerprint: fingerprint))
        }
        return PackReport(
            plan, counts, shards: writer.rows, resumed: attempt.finished.count, fingerprint: fingerprint)
    }

    /// Why there is not a single sample.
    private var emptiness: String {
        let counted = [
            ("images without a caption", counts.unpairedCount), ("samples in the other part", counts.heldBack),
            ("failed downloads", counts.failedDownloads), ("bad sources", counts.rejectedCount),
        ]
        let leftOut = LeftOutReason.allCases.map { ($0.words, counts.leftOut[$0.rawValue]?.count ?? 0) }
        let found = (counted + leftOut).filter { $1 > 0 }.map { "\($0): \($1)" }
        let isScattered = counts.unpairedCount > 0 && counts.leftOut[LeftOutReason.captionWithoutImage.rawValue] != nil
        let hint =
            isScattered
            ? "; in an archive the files of a sample must follow each other, as `tar --sort=name` writes them" : ""
        if !found.isEmpty {
            return "no sample of \(options.kind.rawValue) (\(found.joined(separator: ", ")))\(hint)"
        }
        let passedOver = plan.detected.compactMap(\.passedOverText)
        let rest = passedOver.isEmpty ? "" : "; not read: \(passedOver.joined(separator: ", "))"
        return "nothing in it can be read as \(options.kind.rawValue)\(rest)"
    }
}
