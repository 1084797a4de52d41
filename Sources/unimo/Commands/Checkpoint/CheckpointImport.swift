import ArgumentParser
import Models
import Recipes
import Telemetry

struct CheckpointImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a checkpoint from a RoBERTa and a ViT of Hugging Face's.",
        discussion: """
            DIR is a directory that save_pretrained wrote, with safetensors, of any size; both must be of one width. The \
            RoBERTa also gives the first layers of the Grounded Transformer, and the language-model head where it was saved \
            with one. With --model unimo it gives the one Transformer, its text embeddings and the head. What neither gives \
            is drawn from the seed. `init: CHECKPOINT` in a recipe starts from the result.
            """)

    @Option(help: "What to make: unimo2 or unimo.")
    var model = ModelConfig.Kind.unimo2

    @Option(help: ArgumentHelp("A RobertaModel, or RobertaForMaskedLM.", valueName: "dir"))
    var text: String?

    @Option(help: ArgumentHelp("A ViTModel; unimo2 only.", valueName: "dir"))
    var vision: String?

    @Option(help: ArgumentHelp("vocab.json and merges.txt (default: those beside the RoBERTa).", valueName: "dir"))
    var tokenizer: String?

    @Option(help: ArgumentHelp("The checkpoint to make.", valueName: "checkpoint"))
    var out: String

    @Option(
        help: ArgumentHelp(
            "Layers of the Grounded Transformer; unimo2 only (default: as many as the text's).", valueName: "count"))
    var groundedLayers: Int?

    @Option(
        help: ArgumentHelp(
            "Codes of the grounded dictionary; unimo2 only, 0 for the baseline without one (default: 2048).",
            valueName: "count"))
    var codes: Int?

    @Option(help: ArgumentHelp("Grounded tokens chosen per sample; unimo2 only (default: 100).", valueName: "count"))
    var chosen: Int?

    @Option(help: ArgumentHelp("Regions of an image at most; unimo only (default: 100).", valueName: "count"))
    var maxRegions: Int?

    @Option(help: ArgumentHelp("Features of a region; unimo only (default: 2048).", valueName: "count"))
    var regionWidth: Int?

    @Option(help: ArgumentHelp("Classes of regions; unimo only, 0 for none (default: 1601).", valueName: "count"))
    var regionClasses: Int?

    @Option(help: "Seed of what is not imported.")
    var seed: UInt64 = 1

    @OptionGroup var json: JSONOption

    func validate() throws {
        let own: [(name: String, value: Int?, range: ClosedRange<Int>, kind: ModelConfig.Kind)] = [
            ("--grounded-layers", groundedLayers, ModelLimits.layers, .unimo2),
            ("--codes", codes, 0...ModelLimits.codes.upperBound, .unimo2),
            ("--chosen", chosen, ModelLimits.chosen, .unimo2),
            ("--max-regions", maxRegions, ModelLimits.maxRegions, .unimo),
            ("--region-width", regionWidth, ModelLimits.regionWidth, .unimo),
            ("--region-classes", regionClasses, ModelLimits.regionClasses, .unimo),
        ]
        for (name, value, range, kind) in own {
            guard let value else { continue }
            guard kind == model else {
                throw ValidationError("\(name) is of \(kind.rawValue), not of \(model.rawValue)")
            }
            try NumberOption.check(name, value, in: range)
        }
    }

    func run() throws {
        let target: ImportOptions.Target =
            switch model {
            case .unimo2:
                .unimo2(groundedLayers: groundedLayers, codes: codes ?? 2048, chosen: chosen ?? 100)
            case .unimo:
                .unimo(
                    maxRegions: maxRegions ?? 100, regionWidth: regionWidth ?? 2048,
                    regionClasses: regionClasses ?? 1601)
            }
        let table = try ModelImport.run(
            ImportOptions(target: target, text: text, vision: vision, tokenizer: tokenizer, out: out, seed: seed))
        try json.write(object(table), else: lines(table))
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
