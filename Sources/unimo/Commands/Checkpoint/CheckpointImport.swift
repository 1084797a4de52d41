import ArgumentParser
import Recipes
import Telemetry

struct CheckpointImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a checkpoint from a RoBERTa and a ViT of Hugging Face's.",
        discussion: """
            DIR is a directory that save_pretrained wrote, with safetensors, of any size; both must be of one width. The \
            RoBERTa also gives the first layers of the Grounded Transformer, and the language-model head where it was saved \
            with one. What neither gives is drawn from the seed. `init: CHECKPOINT` in a recipe starts from the result.
            """)

    @Option(help: ArgumentHelp("A RobertaModel, or RobertaForMaskedLM.", valueName: "dir"))
    var text: String?

    @Option(help: ArgumentHelp("A ViTModel.", valueName: "dir"))
    var vision: String?

    @Option(help: ArgumentHelp("vocab.json and merges.txt (default: those beside the RoBERTa).", valueName: "dir"))
    var tokenizer: String?

    @Option(help: ArgumentHelp("The checkpoint to make.", valueName: "checkpoint"))
    var out: String

    @Option(
        help: ArgumentHelp("Layers of the Grounded Transformer (default: as many as the text's).", valueName: "count"))
    var groundedLayers: Int?

    @Option(help: ArgumentHelp("Codes of the grounded dictionary; 0 for the baseline without one.", valueName: "count"))
    var codes = 2048

    @Option(help: ArgumentHelp("Grounded tokens chosen per sample.", valueName: "count"))
    var chosen = 100

    @Option(help: "Seed of what is not imported.")
    var seed: UInt64 = 1

    @OptionGroup var json: JSONOption

    func run() throws {
        let table = try ModelImport.run(
            ImportOptions(
                text: text, vision: vision, tokenizer: tokenizer, out: out, groundedLayers: groundedLayers,
                codes: codes,
                chosen: chosen, seed: seed))
        json.print(object(table), else: lines(table))
    }

    private func lines(_ table: ImportTable) -> [String] {
        let taken = table.rows.filter { $0.outcome == .taken }
        let width = taken.map(\.name.count).max() ?? 0
        return ["taken:"] + taken.map { "  \($0.name.padded(to: width))  \($0.shape)  \($0.source)" }
            + ["drawn, because nothing gave them:"] + names(table, .drawn)
            + ["left, because nothing here wants them:"] + names(table, .left)
            + [
                "\(out): \(table.count(.taken)) weights taken, \(table.count(.drawn)) drawn, \(table.count(.left)) left; "
                    + (table.hasTokenizer
                        ? "with the tokenizer" : "no tokenizer: name one in the recipe, or with --tokenizer")
            ]
    }

    private func names(_ table: ImportTable, _ outcome: ImportTable.Row.Outcome) -> [String] {
        let names = table.rows.filter { $0.outcome == outcome }.map { "  " + ($0.name.isEmpty ? $0.source : $0.name) }
        return names.isEmpty ? ["  none"] : names
    }

    private func object(_ table: ImportTable) -> JSONValue {
        let rows = table.rows.map { row -> JSONValue in
            [
                "name": .string(row.name), "source": .string(row.source),
                "shape": .array(row.shape.map { .integer($0) }), "outcome": .string(row.outcome.rawValue),
            ]
        }
        return [
            "checkpoint": .string(out), "taken": .integer(table.count(.taken)), "drawn": .integer(table.count(.drawn)),
            "left": .integer(table.count(.left)), "tokenizer": .bool(table.hasTokenizer), "rows": .array(rows),
        ]
    }
}
