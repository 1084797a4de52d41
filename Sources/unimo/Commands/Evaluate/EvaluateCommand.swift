import ArgumentParser
import Evaluation
import Recipes
import Runtime
import Telemetry

/// `unimo evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure a trained model on held-out data.",
        subcommands: [EvaluateRetrieval.self])
}

/// `unimo evaluate retrieval`.
struct EvaluateRetrieval: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval", abstract: "Zero-shot image-text retrieval both ways, beside chance.",
        discussion: """
            Every pair's caption is looked for among all captions by its image, and the reverse, by the cosine of the \
            encoders' outputs. Ties count against the model.
            """)

    @Argument(help: ArgumentHelp("A checkpoint, or a run (its newest checkpoint).", valueName: "checkpoint"))
    var checkpoint: String

    @Option(
        help: ArgumentHelp("A packed corpus of pairs, or scenes:COUNT[:SEED[:OBJECTS]] for held-out scenes.", valueName: "dir"))
    var corpus: String

    @Option(help: ArgumentHelp("Threads (default: the processors this process may run on).", valueName: "count"))
    var threads: Int?

    @OptionGroup var json: JSONOption

    func run() throws {
        let model = try EvaluatedModel(path: checkpoint, threads: threads ?? Affinity.count)
        let status = StatusLine()
        let report = try model.retrieval(corpus: corpus) { done, all in status.show("embedded \(done) of \(all) pairs")
        }
        status.clear()
        json.print(report.json, else: lines(report, step: model.step))
    }

    private func lines(_ report: RetrievalReport, step: Int) -> [String] {
        func row(_ name: String, _ recall: Recall) -> String {
            let cells = [recall.r1, recall.r5, recall.r10].map { cell($0) }
            return name.padded(to: 16) + cells.joined()
        }
        return [
            "step \(step), \(report.candidates) candidates",
            "".padded(to: 16) + "     R@1     R@5    R@10",
            row("image to text", report.imageToText), row("text to image", report.textToImage),
            row("chance", report.chance),
        ]
    }

    private func cell(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let fraction = String(thousandths % 1000)
        return "   \(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}

extension RetrievalReport {
    /// The object other programs parse.
    var json: JSONValue {
        func object(_ recall: Recall) -> JSONValue {
            ["r1": .number(recall.r1), "r5": .number(recall.r5), "r10": .number(recall.r10)]
        }
        return [
            "candidates": .integer(candidates), "image_to_text": object(imageToText),
            "text_to_image": object(textToImage), "chance": object(chance),
        ]
    }
}
