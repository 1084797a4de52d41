import ArgumentParser
import Recipes
import Runtime

/// `unimo evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure a trained model on held-out data.",
        subcommands: [EvaluateRetrieval.self, EvaluateLanguage.self, EvaluateCaptions.self, EvaluateProbe.self])
}

/// How much of a corpus is taken.
struct SampleLimit: ParsableArguments {
    @Option(help: ArgumentHelp("Take so many samples at most.", valueName: "count"))
    var limit: Int?

    func validate() throws {
        try NumberOption.check("--limit", limit, in: NumberOption.count)
    }
}

/// What every evaluation takes.
struct EvaluationOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("A checkpoint, or a run (its newest checkpoint).", valueName: "checkpoint"))
    var checkpoint: String

    @Option(
        help: ArgumentHelp(
            "A packed corpus, or scenes:COUNT[:SEED[:OBJECTS[:PART]]], held out unless PART is train.", valueName: "dir"
        ))
    var corpus: String

    @Option(help: ArgumentHelp("Threads (default: the processors this process may run on).", valueName: "count"))
    var threads: Int?

    func validate() throws { try NumberOption.check("--threads", threads, in: NumberOption.threads) }

    func model() throws -> EvaluatedModel {
        try EvaluatedModel(path: checkpoint, threads: threads ?? Affinity.count)
    }
}
