public import Runtime
import Storage

/// Writes a corpus of which sample i is made from sample i of another one and has its key: captions rewritten, neighbours
/// found, regions described.
///
/// What is finished stays in `OUT.tmp` when the work ends early, and the same job goes on after it. The bytes depend neither
/// on the number of workers nor on interruptions.
public struct DerivedCorpusJob {
    /// The corpus directory to make.
    public var output: String
    public var kind: CorpusKind
    public var layout: CorpusWriter.Layout
    /// What the samples are made from; one of them for each of `source`'s.
    public var source: any StoredCorpus
    /// Other corpora that the samples depend on, by what they are to the job.
    public var others: [String: any StoredCorpus]
    /// Everything else that the samples depend on, one line each.
    public var record: [String]
    /// Samples made in one round.
    public var round: Int
    /// Begin again, whatever an earlier attempt has left.
    public var startsAfresh = false

    public init(
        output: String, kind: CorpusKind, source: any StoredCorpus, others: [String: any StoredCorpus] = [:],
        record: [String], round: Int = 256
    ) {
        precondition(round > 0, "rounds of \(round) samples")
        self.output = output
        self.kind = kind
        self.source = source
        self.others = others
        self.record = record
        self.round = round
        layout = CorpusWriter.Layout(kind: kind)
    }

    /// Fingerprints of all corpora that it is made from: `source`, and the others by their names.
    private var madeFrom: [String: String] {
        others.mapValues(\.fingerprint).merging([DerivedCorpus.source: source.fingerprint]) { _, new in new }
    }

    private var header: PackJournal.Header {
        let corpora = madeFrom.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let sizes = ["kind \(kind.rawValue)", "shard size \(layout.shardSize)", "frame size \(layout.frameSize)"]
        return PackJournal.Header(
            options: sizes + record, sources: SHA256.hex(of: corpora.joined(separator: "\n")))
    }

    /// What is there already: samples to go on after.
    public enum Start: Sendable, Equatable {
        case afresh
        case after(samples: Int)
        /// An earlier attempt had finished but for its last step.
        case finished
    }

    /// Makes all samples. On failure no corpus appears.
    /// - Parameters:
    ///   - pool: compresses; `make` may use it too.
    ///   - starting: told what is there before the first sample is made.
    ///   - progress: called between rounds; what it throws ends the work.
    ///   - make: the samples of a range, in order, each with the key of the source's.
    /// - Returns: samples, and the corpus's fingerprint.
    @discardableResult public func run(
        pool: WorkerPool, starting: (Start) throws -> Void = { _ in },
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        make: (Range<Int>) throws -> [StoredSample]
    ) throws -> (samples: Int, fingerprint: String) {
        if Directory.exists(output) {
            guard let (_, end) = try PackAttempt.ended(output, header) else { throw CorpusError.exists(path: output) }
            try starting(.finished)
            return (end.counts.packed, end.fingerprint)
        }
        let attempt = try PackAttempt(output, header, startsAfresh: startsAfresh)
        let writer = CorpusWriter(
            place: attempt.place, kind: kind, layout: layout, madeFrom: madeFrom, pool: pool,
            finished: attempt.finished, keys: attempt.keys, onShard: { try attempt.journal.append($0) })
        var counts = attempt.finished.last?.mark.counts ?? PackCounts()
        try starting(counts.packed == 0 ? .afresh : .after(samples: counts.packed))
        while counts.packed < source.count {
            // Rounds end where they would have ended without interruptions.
            let range = counts.packed..<min((counts.packed / round + 1) * round, source.count)
            let samples = try make(range)
            precondition(samples.count == range.count, "\(samples.count) samples made from samples \(range)")
            for sample in samples {
                counts.packed += 1
                try writer.append(ArchivedSample(sample), mark: PackMark(counts: counts))
            }
            try progress(counts.packed, source.count)
        }
        let fingerprint = try writer.finish { fingerprint in
            try attempt.journal.append(PackJournal.End(counts: counts, fingerprint: fingerprint))
        }
        return (counts.packed, fingerprint)
    }
}

/// A corpus made from others, opened beside them.
public enum DerivedCorpus {
    /// What `CorpusIndex.madeFrom` calls the corpus whose samples it follows.
    public static let source = "source"

    /// Holds a derived corpus against what it is said to be made from.
    /// - Parameters:
    ///   - name: of the other corpus in `madeFrom`. - remedy: what makes it anew.
    /// - Throws: `CorpusError.stale` when it was made from something else, or its samples are not as many.
    public static func check(
        _ derived: ShardCorpus, madeFrom other: any StoredCorpus, as name: String = source, remedy: String
    ) throws {
        func fault(_ expected: String, _ found: String) -> CorpusError {
            .stale(
                FileFault(
                    path: derived.directory + "/" + CorpusIndex.fileName, expected: expected, found: found,
                    remedy: remedy))
        }
        guard let fingerprint = derived.index.madeFrom?[name] else {
            throw fault("a corpus made from \(other.name)", "one that no `\(name)` is named for")
        }
        guard fingerprint == other.fingerprint else {
            throw fault(
                "made from \(other.name), \(other.fingerprint.prefix(16))", "made from \(fingerprint.prefix(16))")
        }
        guard name != source || derived.count == other.count else {
            throw fault("\(other.count) samples, as many as \(other.name) has", "\(derived.count)")
        }
    }
}
