import ArgumentParser
import Recipes
import Telemetry

struct CheckpointExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a checkpoint for PyTorch.",
        discussion: """
            OUT/text is a RobertaModel, OUT/vision a ViTModel (of a UNIMO-2), both for from_pretrained; OUT itself holds the \
            whole model as safetensors with config.json and the class that reads them, unimo_reference.py (of a UNIMO \
            single_stream.py too).
            """)

    @OptionGroup var argument: CheckpointArgument

    @Option(help: ArgumentHelp("The directory to make.", valueName: "dir"))
    var out: String

    @OptionGroup var json: JSONOption

    func run() throws {
        let made = try ModelExport.run(try argument.path(), to: out)
        try json.write(
            ["directories": .array(made.map { .string($0) })],
            else: zip(made, ["the whole model", "RobertaModel", "ViTModel"]).map { "\($0): \($1)" })
    }
}
