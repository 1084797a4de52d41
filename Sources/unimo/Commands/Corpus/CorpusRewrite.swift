import ArgumentParser
import Corpora
import Curation
import Recipes
import Runtime
import Telemetry

struct CorpusRewrite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrite",
        abstract: "Rewrite the captions of pairs, for UNIMO's contrastive learning.",
        discussion: """
            Makes a corpus of annotations, with rewrites.json for each pair: captions in which a word or a phrase was \
            replaced by another of the corpus, similar captions of other images, and paraphrases (the captions of an image \
            that has several, and those of a file). What words and phrases yield less is made up for by sentences.

            The same pairs, lexicon, paraphrases and seed give the same bytes. What is finished stays in OUT.tmp when the \
            work is interrupted: the same command goes on from there.
            """)

    @Argument(help: "A packed corpus of pairs, or of regions with captions.")
    var pairs: String

    @Option(name: .customLong("out"), help: "The corpus directory to make.")
    var output: String

    @Option(
        help: ArgumentHelp(
            "Texts that say the same: lines of {\"key\": KEY, \"paraphrases\": [TEXT, …]}.", valueName: "file"))
    var paraphrases: String?

    @Option(help: ArgumentHelp("Texts of a pair with an object, attribute or relation replaced.", valueName: "count"))
    var words = RewriteSettings().words

    @Option(help: ArgumentHelp("Texts with an attribute or relation and its object replaced.", valueName: "count"))
    var phrases = RewriteSettings().phrases

    @Option(help: ArgumentHelp("Similar captions of other images.", valueName: "count"))
    var sentences = RewriteSettings().sentences

    @Option(help: "Seed of the replacements.")
    var seed = RewriteSettings().seed

    @Option(help: ArgumentHelp("A dictionary of WordNet 3 (Debian: wordnet-base).", valueName: "directory"))
    var lexicon = Lexicon.systemDirectory

    @Flag(help: "Begin again, whatever an interrupted attempt has left in OUT.tmp.")
    var afresh = false

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        for (name, count) in [("words", words), ("phrases", phrases), ("sentences", sentences)] {
            try NumberOption.check("--\(name)", count, in: 0...1000)
        }
        guard words + phrases + sentences > 0 else {
            throw ValidationError("nothing to write: --words, --phrases and --sentences are all 0")
        }
    }

    func run() throws {
        Interruption.catchSignals()
        let job = try job()
        let pool = WorkerPool(threads: workers.count)
        defer { pool.stop() }
        let line = CountedProgress()
        let report: RewriteReport
        do {
            report = try job.run(pool: pool) { notice in
                line.clear()
                if let text = notice.line { Program.complain(text) }
            } progress: { stage, done, total in
                line.show(stage == .reading ? "samples read" : "samples rewritten", done: done, total: total)
                try Interruption.check()
            }
        } catch is Interruption.Requested {
            throw Interruption.Requested(remark: "the same command goes on after the last finished shard")
        }
        line.clear()
        try json.write(report.json(directory: output), else: report.lines(directory: output))
    }

    private func job() throws -> RewriteJob {
        let corpus = try ShardCorpus(directory: pairs)
        let keys = try paraphrases.map { _ in try Set((0..<corpus.count).map { ByteText(try corpus.key($0)) }) } ?? []
        var settings = RewriteSettings()
        (settings.words, settings.phrases, settings.sentences, settings.seed) = (words, phrases, sentences, seed)
        var job = try RewriteJob(
            corpus, output: output, lexicon: try Lexicon.installed(in: lexicon),
            paraphrases: try paraphrases.map { path in try ParaphraseFile(path: path) { keys.contains(ByteText($0)) } },
            settings: settings)
        job.startsAfresh = afresh
        return job
    }
}
