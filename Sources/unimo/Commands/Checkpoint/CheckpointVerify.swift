import Storage
import ArgumentParser
import Checkpoints
import Recipes
import Storage
import Telemetry

struct CheckpointVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every byte of a checkpoint and compare it with its checksums.",
        discussion: """
            Exit code 4 when a file is missing or damaged, or when a weight or a moment is NaN or infinite; the file is named.
            """)

    @OptionGroup var argument: CheckpointArgument
    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func run() throws {
        let checkpoint = try Checkpoint(path: try argument.path(), verifying: .everything, threads: workers.count)
        try ConfigFile.verify(checkpoint)
        try checkpoint.checkFinite(threads: workers.count)
        let tensors = try checkpoint.weights().count
        let files = checkpoint.manifest.names.count
        try json.write(
            [
                "checkpoint": .string(checkpoint.path), "step": .integer(checkpoint.step), "sound": true,
                "files": .integer(files), "tensors": .integer(tensors),
            ], else: ["\(checkpoint.path): step \(checkpoint.step), \(files) files sound, \(tensors) tensors"])
    }
}
