import ArgumentParser
import Checkpoints
import Recipes
import Storage
import Telemetry

struct CheckpointInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what a checkpoint holds.",
        discussion: "Headers are read, weights are not; verify reads every byte.")

    @OptionGroup var argument: CheckpointArgument
    @Flag(help: "List every tensor.")
    var tensors = false
    @OptionGroup var json: JSONOption

    func run() throws {
        let checkpoint = try Checkpoint(path: try argument.path(), verifying: .nothing)
        let weights = try checkpoint.weights()
        let parameters = weights.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let bytes = weights.reduce(0) { $0 + $1.byteCount }
        let config = try ConfigFile.text(of: checkpoint)
        var lines = [
            "\(checkpoint.path): step \(checkpoint.step), written by \(checkpoint.tool)",
            "  \(weights.count) tensors, \(parameters) parameters, \(Quantity.approximate(bytes))",
            "  files: \(checkpoint.manifest.names.joined(separator: ", "))",
        ]
        if tensors { lines += weights.map { "  \($0.name) \($0.shape) \($0.dtype.rawValue)" } }
        try json.write(
            [
                "checkpoint": .string(checkpoint.path), "step": .integer(checkpoint.step),
                "tool": .string(checkpoint.tool), "parameters": .integer(parameters), "bytes": .integer(bytes),
                "config": .encoded(config), "files": .array(checkpoint.manifest.names.map { .string($0) }),
                "tensors": .array(weights.map(\.json)),
            ], else: lines)
    }
}

extension StoredTensor {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "dtype": .string(dtype.rawValue), "shape": .array(shape.map { .integer($0) }),
        ]
    }
}
