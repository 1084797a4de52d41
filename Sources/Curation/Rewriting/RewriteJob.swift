public import Corpora
public import Runtime
import Storage

/// Rewrites the captions of a corpus offline: makes annotations with a member `rewrites.json` for each sample (UNIMO,
/// arXiv 2012.15409).
///
/// What is finished stays in `OUT.tmp` when the work ends early. Bytes depend on the corpus, the lexicon, the paraphrases and
/// the settings; not on the number of threads, and not on interruptions.
public struct RewriteJob {
    /// What is being done.
    public enum Stage: Sendable, Equatable {
        /// Every caption is parsed, for vocabularies and index.
        case reading
        case rewriting
    }

    /// What is said before a stage.
    public enum Notice: Sendable, Equatable {
        case start(DerivedCorpusJob.Start)
        case surveyed(RewriteReport.Survey)
    }

    public var output: String
    public var settings: RewriteSettings
    public var layout = CorpusWriter.Layout(kind: .annotations)
    /// Begin again, whatever an earlier attempt has left.
    public var startsAfresh = false
    /// Pairs rewritten between two calls of `progress`.
    var round = 256
    private let corpus: any StoredCorpus
    private let lexicon: Lexicon
    private let paraphrases: ParaphraseFile?

    /// - Parameter corpus: pairs, or regions with captions.
    /// - Throws: `CurationError.unsuited` for a corpus of another kind.
    public init(
        _ corpus: any StoredCorpus, output: String, lexicon: Lexicon, paraphrases: ParaphraseFile? = nil,
        settings: RewriteSettings = RewriteSettings()
    ) throws {
        guard corpus.kind == .pairs || corpus.kind == .regions else {
            throw CurationError.unsuited(
                corpus: corpus.place, expected: "pairs, or regions with captions", found: corpus.kind.rawValue,
                remedy: "name a corpus whose samples have captions")
        }
        self.corpus = corpus
        self.output = output
        self.lexicon = lexicon
        self.paraphrases = paraphrases
        self.settings = settings
    }

    private var record: [String] {
        settings.record + ["lexicon \(lexicon.digest)", "paraphrases \(paraphrases?.digest ?? "none")"]
    }

    /// Rewrites all captions. On failure no corpus appears.
    /// - Parameter progress: called between rounds; what it throws ends the work.
    public func run(
        pool: WorkerPool, notice: (Notice) -> Void = { _ in },
        progress: (_ stage: Stage, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
    ) throws -> RewriteReport {
        var job = DerivedCorpusJob(output: output, kind: .annotations, source: corpus, record: record, round: round)
        job.layout = layout
        job.startsAfresh = startsAfresh
        let parser = SceneGraphParser(lexicon: lexicon)
        var rewriters: [PairRewriter] = []
        var surveyed: RewriteReport.Survey?
        let made = try job.run(
            pool: pool, starting: { notice(.start($0)) }, progress: { try progress(.rewriting, $0, $1) },
            make: { range in
                if rewriters.isEmpty {
                    let survey = try CaptionSurvey(corpus, parser: parser, pool: pool) {
                        try progress(.reading, $0, $1)
                    }
                    let found = RewriteReport.Survey(captions: survey.texts.count, vocabulary: survey.vocabulary.sizes)
                    surveyed = found
                    notice(.surveyed(found))
                    rewriters = (0..<pool.threads).map { _ in
                        PairRewriter(survey, parser: parser, lexicon: lexicon, settings: settings)
                    }
                }
                return try rewriters.withUnsafeMutableBufferPointer { rewriters in
                    let rewriters = rewriters
                    return try pool.map(range.count) { task, worker in
                        try rewritten(range.lowerBound + task, by: &rewriters[worker])
                    }
                }
            })
        let stored = try ShardCorpus(directory: output)
        return RewriteReport(
            samples: made.samples, fingerprint: made.fingerprint, survey: surveyed,
            tally: try RewriteTally(stored, pool: pool))
    }

    private func rewritten(_ number: Int, by rewriter: inout PairRewriter) throws -> StoredSample {
        let sample = try corpus.read(number)
        let list = rewriter.rewrite(
            try sample.captions(in: corpus.place), paraphrases: paraphrases?[sample.key] ?? [], sample: number)
        return StoredSample(key: sample.key, members: [list.member])
    }
}
