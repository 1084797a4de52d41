import ArgumentParser
import Collectives
import MPITransport
import Recipes
import Runtime

/// `unimo train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Run a recipe.",
        discussion: """
            Started by itself this is one rank; under mpirun or srun every process is a rank of one job. The run goes on \
            from its newest checkpoint when it has one. Ctrl-C, SIGTERM or SIGUSR1 save and stop with exit code 75: the \
            same command goes on. Under mpirun only SIGUSR1 does (kill -USR1 and the process number of mpirun): at Ctrl-C \
            it kills its ranks before they can save.
            """)

    @Argument(help: ArgumentHelp("The recipe, a YAML file.", valueName: "recipe"))
    var recipe: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change one value of the recipe, for example optimizer.learning_rate=1e-4.", valueName: "path=value"))
    var overrides: [String] = []

    @Option(
        name: .customLong("run"), help: ArgumentHelp("The run's directory (default: runs/<recipe>).", valueName: "dir"))
    var directory: String?

    @Option(
        name: .customLong("resume"),
        help: ArgumentHelp(
            "auto (from the newest whole checkpoint), never, or the path of a checkpoint.",
            valueName: "auto|never|checkpoint"))
    var resume = "auto"

    func run() throws {
        let mode: RunOptions.Resume =
            switch resume {
            case "auto": .auto
            case "never": .never
            default: .checkpoint(resume)
            }
        var options = RunOptions(recipe: recipe, overrides: overrides, directory: directory, resume: mode)
        options.isLaunched = MPITransport.launched()
        // A recipe that can't be read is reported by the ranks together, once they are connected.
        let recipe = try? Recipe.read(file: recipe, overrides: overrides).recipe
        try RankProgram.perform(computeThreads: recipe?.threads, deadline: recipe?.deadline ?? 600) {
            try Run.train(options, $0)
        }
    }
}
