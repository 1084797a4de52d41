import ArgumentParser
import Checkpoints

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Look into checkpoints, check them, take weights in and out.",
        discussion: """
            A checkpoint is a directory: safetensors files, state.json, config.json, the tokenizer's files and \
            manifest.sha256, which sha256sum -c can check too.
            """,
        subcommands: [CheckpointInspect.self, CheckpointVerify.self, CheckpointImport.self, CheckpointExport.self])
}

/// The checkpoint that an argument names.
struct CheckpointArgument: ParsableArguments {
    @Argument(help: "A checkpoint directory, or a run directory for its newest one.")
    var checkpoint: String

    func path() throws -> String { try CheckpointPlace.find(checkpoint) }
}
