import ArgumentParser
import Recipes
import Telemetry

/// `unimo embed`.
struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed", abstract: "Write what the encoders make of a corpus.",
        discussion: """
            The file holds image_embedding and text_embedding (B, C), rows of length one, samples in the corpus's order; their \
            keys are a JSON list under `keys` in its metadata. With --hidden also image_hidden (B, 1 + P, C), text_hidden \
            (N, C) and text_offsets (B + 1): the encoders' last hidden states.
            """)

    @OptionGroup var options: EvaluationOptions

    @Option(help: ArgumentHelp("The safetensors file to write.", valueName: "file"))
    var out: String

    @Flag(help: "Write every row, not only the embeddings.")
    var hidden = false

    @OptionGroup var json: JSONOption

    func run() throws {
        try OutputOption.check("--out", out)
        let model = try options.model()
        Interruption.catchSignals()
        let status = StatusLine()
        let outcome = try model.embed(corpus: options.corpus, to: out, hidden: hidden) { done, all in
            status.show("embedded \(done) of \(all) samples")
            try Interruption.check()
        }
        status.clear()
        let shapes = outcome.tensors.map { "  \($0.name) \($0.shape)" }
        try json.write(
            [
                "file": .string(out), "samples": .integer(outcome.samples),
                "tensors": .array(
                    outcome.tensors.map { tensor -> JSONValue in
                        ["name": .string(tensor.name), "shape": .array(tensor.shape.map { .integer($0) })]
                    }),
            ], else: ["\(out): \(outcome.samples) samples"] + shapes)
    }
}
