import ArgumentParser
import Evaluation
import Recipes
import Telemetry

/// `unimo evaluate retrieval`.
struct EvaluateRetrieval: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval", abstract: "Zero-shot image-text retrieval both ways, beside chance.",
        discussion: """
            Every pair's caption is looked for among all captions by its image, and the reverse, by the cosine of the \
            encoders' outputs. Ties count against the model. --rerank orders the nearest candidates of each query anew by \
            the matching head's log-odds + weight · cosine / τ, and prints both tables. A head that learned from mismatches drawn \
            by similarity tells what the cosine does not, and is surer of itself than it should be of pairs unlike those it \
            learned from: choose the weight on other held-out pairs. 1 adds both up; 4 was best on procedural scenes. UNIMO has no such \
            head: there the cosine / τ of image and text in one sequence takes its place.
            """)

    @OptionGroup var options: EvaluationOptions

    @Option(help: ArgumentHelp("Order so many nearest candidates of each query anew by matching.", valueName: "count"))
    var rerank: Int?

    @Option(help: ArgumentHelp("Weight of cosine / τ beside the matching head's log-odds.", valueName: "weight"))
    var contrastiveWeight = 4.0

    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--rerank", rerank, in: NumberOption.count)
        try NumberOption.checkFinite("--contrastive-weight", contrastiveWeight)
    }

    func run() throws {
        let model = try options.model()
        let status = StatusLine()
        let reranking = rerank.map { Reranking(candidates: $0, contrastiveWeight: contrastiveWeight) }
        let outcome = try model.retrieval(corpus: options.corpus, reranking: reranking) { what, done, all in
            status.show("\(what): \(done) of \(all)")
        }
        status.clear()
        var text = lines(outcome.contrastive, step: model.step)
        if let reranked = outcome.reranked, let rerank {
            text +=
                ["", "the \(rerank) nearest ordered anew by matching"] + lines(reranked, step: model.step).dropFirst()
        }
        try json.write(outcome.json, else: text)
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

extension RetrievalOutcome {
    /// The object other programs parse: the contrastive table, and the re-ranked one beside it.
    var json: JSONValue {
        guard let reranked, case .object(let fields) = contrastive.json else { return contrastive.json }
        return .object(fields + [(key: "reranked", value: reranked.json)])
    }
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
