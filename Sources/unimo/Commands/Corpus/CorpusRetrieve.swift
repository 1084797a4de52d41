import ArgumentParser
import Collectives
import Corpora
import Curation
import Recipes
import Runtime
import Telemetry

struct CorpusRetrieve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieve",
        abstract: "Find images and texts like those of pairs, for UNIMO's contrastive learning.",
        discussion: """
            Makes a corpus of annotations, with neighbours.json for each pair: the images whose mean region feature has the \
            highest cosine with the pair's, and the texts whose words (TF-IDF) have the highest with its captions', or whose \
            embeddings have where --checkpoint names a model. The search is exact.

            Under mpirun each rank holds and searches a part of the collections; the same corpora give the same bytes for \
            any number of ranks. What is finished stays in OUT.tmp when the work is interrupted: the same command goes on \
            from there.
            """)

    @Argument(help: "A packed corpus of pairs, or of regions with captions.")
    var pairs: String

    @Option(name: .customLong("out"), help: "The corpus directory to make.")
    var output: String

    @Option(help: ArgumentHelp("Images to search, a corpus of regions; PAIRS has to be one too.", valueName: "corpus"))
    var images: String?

    @Option(help: ArgumentHelp("Texts to search, a corpus of texts.", valueName: "corpus"))
    var texts: String?

    @Option(
        help: ArgumentHelp(
            "Compare texts as this model embeds them, not by their words: a checkpoint, or a run (its newest one).",
            valueName: "checkpoint"))
    var checkpoint: String?

    @Option(help: "Neighbours of a pair, of images and of texts each, at most.")
    var count = RetrievalSettings().count

    @Option(help: ArgumentHelp("The lowest cosine of a neighbour (default: any).", valueName: "cosine"))
    var threshold: Float?

    @Flag(name: .customLong("exclude-same"), help: "Leave out samples that have the pair's own key.")
    var excludesSame = false

    @Flag(help: "Begin again, whatever an interrupted attempt has left in OUT.tmp.")
    var afresh = false

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    /// Seconds that ranks wait for one that reads its part of the collections.
    private static let deadline = 3600.0

    func validate() throws {
        guard images != nil || texts != nil else {
            throw ValidationError("nothing to search in: name a corpus with --images, --texts, or both")
        }
        guard checkpoint == nil || texts != nil else {
            throw ValidationError("--checkpoint says how texts are compared: name a corpus of them with --texts")
        }
        try NumberOption.check("--count", count, in: 1...10_000)
        if let threshold, !(-1...1).contains(threshold) {
            throw ValidationError("--threshold takes a cosine in -1...1, not \(threshold)")
        }
    }

    func run() throws {
        Interruption.catchSignals()
        try RankProgram.perform(computeThreads: workers.count, deadline: Self.deadline) { ranks in
            let job = try ranks.together("opening corpora") { try self.job() }
            let pool = WorkerPool(threads: workers.count)
            defer { pool.stop() }
            do { return try retrieve(job, ranks, pool) } catch let dismissal as RetrievalJob.Dismissal {
                return Runtime.ExitCode(rawValue: Program.report(dismissal.cause)) ?? .data
            }
        }
    }

    private func job() throws -> RetrievalJob {
        var settings = RetrievalSettings()
        (settings.count, settings.threshold, settings.excludesSame) = (count, threshold, excludesSame)
        var job = try RetrievalJob(
            try ShardCorpus(directory: pairs), images: try images.map { try ShardCorpus(directory: $0) },
            texts: try texts.map { try ShardCorpus(directory: $0) }, embedder: try checkpoint.map(embedder),
            output: output, settings: settings)
        job.startsAfresh = afresh
        return job
    }

    private func embedder(_ checkpoint: String) throws -> CheckpointEmbedder {
        CheckpointEmbedder(try EvaluatedModel(path: checkpoint, threads: workers.count))
    }

    private func retrieve(
        _ job: RetrievalJob, _ ranks: CommunicationThread, _ pool: WorkerPool
    ) throws -> Runtime.ExitCode {
        let line = CountedProgress()
        let report = try job.run(ranks: ranks, pool: pool) { notice in
            line.clear()
            if let text = notice.line { Program.complain(text) }
        } progress: { stage, done, total in
            guard ranks.rank == 0 else { return }
            line.show(stage == .reading ? "samples read" : "samples compared", done: done, total: total)
            do { try Interruption.check() } catch {
                line.clear()
                throw Interruption.Requested(remark: "the same command goes on after the last finished shard")
            }
        }
        line.clear()
        if let report { try json.write(report.json(directory: output), else: report.lines(directory: output)) }
        return .done
    }
}
