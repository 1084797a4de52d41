import Runtime
import Storage

/// Turns files into a corpus directory.
///
/// Samples keep the order of the sources (files sorted bytewise by path, documents in file order); the bytes written do
/// not depend on the number of workers.
public struct PackJob {
    /// Paths and reasons kept for a report; beyond, only the number.
    private static let listLimit = 100
    /// Rough bytes read by one round of the workers, per worker.
    private static let roundWeight = 8 << 20

    private let options: PackOptions

    public init(_ options: PackOptions) { self.options = options }

    /// Packs. On failure no corpus appears.
    /// - Parameter progress: called between rounds of work, on the calling thread; what it throws ends the work.
    public func run(progress: (PackProgress) throws -> Void = { _ in }) throws -> PackReport {
        let pool = WorkerPool(threads: max(options.workers, 1))
        defer { pool.stop() }
        let writer = try CorpusWriter(
            directory: options.output, kind: options.kind, layout: options.layout, pool: pool)
        var run = Run(options: options, pool: pool, writer: writer)
        for source in sources {
            try source.walk { event in
                try run.take(event)
                if run.isRoundFull { try run.finishRound(progress) }
            }
        }
        try run.finishRound(progress)
        return try run.finish()
    }

    private var sources: [PackSource] {
        options.sources.map { path in
            let prefix = options.sources.count > 1 ? Directory.name(of: path) + "/" : ""
            return PackSource(kind: options.kind, path: path, keyPrefix: prefix, textUnit: options.textUnit)
        }
    }

    /// The state of one run.
    private struct Run {
        let options: PackOptions
        let pool: WorkerPool
        let writer: CorpusWriter
        var report = PackReport()
        var seen = 0
        var round: [PackItem] = []
        var roundWeight = 0

        init(options: PackOptions, pool: WorkerPool, writer: CorpusWriter) {
            self.options = options
            self.pool = pool
            self.writer = writer
        }

        var isRoundFull: Bool { roundWeight >= PackJob.roundWeight * pool.threads }

        mutating func take(_ event: PackEvent) throws {
            seen += 1
            switch event {
            case .item(let item):
                if let holdOut = options.holdOut, !holdOut.keeps(item.key) {
                    report.heldBack += 1
                } else {
                    round.append(item)
                    roundWeight += item.weight
                }
            case .rejected(let source): reject(source)
            case .unpaired(let path):
                report.unpairedCount += 1
                if report.unpaired.count < PackJob.listLimit { report.unpaired.append(path) }
            }
        }

        private mutating func reject(_ source: RejectedSource) {
            report.rejectedCount += 1
            if report.rejected.count < PackJob.listLimit { report.rejected.append(source) }
        }

        /// Reads the samples of the round in parallel and hands them on in order.
        mutating func finishRound(_ progress: (PackProgress) throws -> Void) throws {
            let (items, transform) = (round, options.transformImage)
            var loaded = [Result<ArchivedSample, any Error>?](repeating: nil, count: items.count)
            loaded.withUnsafeMutableBufferPointer { loaded in
                let base = loaded.baseAddress
                pool.run(items.count) { task, _ in
                    base?[task] = Result { try ArchivedSample(try items[task].load(transform: transform)) }
                }
            }
            for (item, result) in zip(items, loaded) { try keep(item, result!) }
            round = []
            roundWeight = 0
            var state = PackProgress()
            (state.seen, state.packed, state.rejected) = (seen, report.samples, report.rejectedCount)
            state.bytes = writer.size
            try progress(state)
        }

        private mutating func keep(_ item: PackItem, _ result: Result<ArchivedSample, any Error>) throws {
            let sample: ArchivedSample
            do { sample = try result.get() } catch {
                return reject(RejectedSource(path: item.origin, reason: "\(error)"))
            }
            guard !writer.contains(sample.key) else {
                return reject(RejectedSource(path: item.origin, reason: "its key `\(item.key)` is taken already"))
            }
            // Once a source is bad, the corpus will not appear: only look for more bad ones.
            guard report.rejectedCount == 0 || options.skipBad else { return }
            try writer.append(sample)
            report.samples += 1
        }

        mutating func finish() throws -> PackReport {
            guard report.rejectedCount == 0 || options.skipBad else {
                throw CorpusError.rejected(report.rejected, count: report.rejectedCount)
            }
            guard report.samples > 0 else {
                throw CorpusError.empty(
                    sources: options.sources,
                    reason: "\(seen) sources seen, \(report.unpairedCount) images without a caption, "
                        + "\(report.heldBack) samples in the other part, none of kind \(options.kind.rawValue)")
            }
            report.fingerprint = try writer.finish()
            report.shards = writer.shardCount
            report.bytes = writer.size
            return report
        }
    }
}
