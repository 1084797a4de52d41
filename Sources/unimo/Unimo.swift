import ArgumentParser
import Glibc

@main struct Unimo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unimo",
        abstract: "Pre-train UNIMO and UNIMO-2 on CPUs, on one machine or on many.",
        discussion: """
            A recipe describes a whole run. Corpora are packed once and read by every run. Start several ranks with \
            mpirun or srun; one rank needs neither.

            Exit codes: 0 done, 2 wrong command line or recipe, 3 corpus or sample, 4 checkpoint or run directory, \
            5 a peer or the transport, 6 non-finite numbers beyond the budget, 75 stopped on request after saving \
            (start again to go on).
            """,
        subcommands: [
            TrainCommand.self, CorpusCommand.self, TokenizerCommand.self, SamplerCommand.self, CheckpointCommand.self,
            EvaluateCommand.self, EmbedCommand.self, BenchCommand.self, DoctorCommand.self,
        ])

    static func main() { Glibc.exit(Program.run(Array(CommandLine.arguments.dropFirst()))) }
}
