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
    ///   - progress: called between rounds of work, on the calling thread; what it throws ends the work.
    ///   - notice: told what the sources are found to be.
    public func run(
        progress: (PackProgress) throws -> Void = { _ in }, notice: (PackNotice) -> Void = { _ in }
    ) throws -> PackReport {
        let plan = try PackPlan(options)
        for source in plan.detected { notice(.detected(source)) }
        let header = PackJournal.Header(options: options.record, sources: plan.digest)
        if Directory.exists(options.output) {
            guard let (shards, end) = try PackAttempt.ended(options.output, header) else {
                throw CorpusError.exists(path: options.output)
            }
            notice(.finished)
            return PackReport(
                plan, end.counts, shards: shards.map(\.row), resumed: shards.count, fingerprint: end.fingerprint)
        }
        let attempt = try PackAttempt(options.output, header, startsAfresh: options.startsAfresh)
        if let last = attempt.finished.last {
            notice(.resuming(shards: attempt.finished.count, samples: last.mark.counts.packed))
        }
        let pool = WorkerPool(threads: max(options.workers, 1))
        defer { pool.stop() }
        let writer = CorpusWriter(
            place: attempt.place, kind: options.kind, layout: options.layout, pool: pool, finished: attempt.finished,
            keys: attempt.keys, onShard: { try attempt.journal.append($0) })
        var run = PackRun(options: options, plan: plan, pool: pool, writer: writer, attempt: attempt)
        while try run.round() { try progress(run.progress) }
        return try run.finish()
    }
}

/// The staging place of a job, with what an earlier attempt has left of use.
struct PackAttempt {
    let place: StagingPlace
    let journal: PackJournal
    /// Shards to go on after.
    let finished: [PackJournal.Shard]
    /// Keys of the samples in them.
    let keys: KeySet

    /// - Parameter output: the corpus directory to be.
    init(_ output: String, _ header: PackJournal.Header, startsAfresh: Bool = false) throws {
        place = try StagingPlace(directory: output)
        let old = startsAfresh ? nil : try PackJournal.read(place.journal)
        var (finished, keys): ([PackJournal.Shard], KeySet) = ([], KeySet())
        if let old, let last = old.shards.last {
            if let difference = header.difference(from: old.header) {
                throw CorpusError.unfinished(
                    path: place.path, shards: old.shards.count, samples: last.mark.counts.packed, reason: difference)
            }
            for shard in old.shards {
                guard let table = Self.table(of: shard, in: place.staged.staging) else { break }
                for key in table.keys { _ = keys.insert(key) }
                finished.append(shard)
            }
        }
        let files = finished.flatMap { [$0.row.name, $0.table.name] }
        try place.clear(keeping: Set(files))
        journal = try PackJournal(path: place.journal, contents: .init(header: header, shards: finished))
        (self.finished, self.keys) = (finished, keys)
    }

    /// What an attempt has done that ended between giving the corpus its name and clearing up, which is made up for; nil when
    /// there was none.
    static func ended(
        _ output: String, _ header: PackJournal.Header
    ) throws -> (shards: [PackJournal.Shard], end: PackJournal.End)? {
        guard Directory.kind(of: StagingPlace.path(of: output)) == .directory else { return nil }
        let place = try StagingPlace(directory: output)
        guard let journal = try PackJournal.read(place.journal), let end = journal.end, journal.header == header else {
            return nil
        }
        try place.remove()
        return (journal.shards, end)
    }

    /// The table of a shard that is as the journal says; nil when something about it is not.
    private static func table(of shard: PackJournal.Shard, in directory: String) -> ShardTable? {
        guard let file = try? InputFile(path: directory + "/" + shard.row.name), file.size == shard.row.size else {
            return nil
        }
        return try? ShardTable(
            directory: directory, name: shard.table.name, digest: shard.table.sha256, row: shard.row)
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
            guard !source.contains(options.output, linked: survey.linkedFolders) else {
                throw CorpusError.insideSource(path: options.output, source: source.path)
            }
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
            bytes: survey.bytes, passedOver: survey.passedOver)
    }
}
