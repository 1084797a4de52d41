import ArgumentParser
import Glibc
import Runtime

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

    static func main() { Glibc.exit(Program.run(arguments)) }

    /// Swift would replace bytes that are no UTF-8; in the name of a file they must stay what they are.
    private static var arguments: [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map {
                ForeignName.text(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
            }
        }
    }
}
