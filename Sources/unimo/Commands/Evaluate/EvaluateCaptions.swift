import ArgumentParser
import Evaluation
import Recipes
import Telemetry

/// `unimo evaluate captions`.
struct EvaluateCaptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "captions", abstract: "Describe held-out images and compare with their captions.",
        discussion: """
            Captions are decoded one token after another from the image alone. Exact is the share that equals a reference \
            word for word; BLEU-4 is counted over the corpus; CIDEr-D takes its word weights from the references.
            """)

    @OptionGroup var options: EvaluationOptions

    @Option(help: ArgumentHelp("Captions kept per image at each token; 1 is greedy.", valueName: "count"))
    var beams = 1

    @Option(help: ArgumentHelp("Describe so many images at most.", valueName: "count"))
    var limit: Int?

    @Option(help: ArgumentHelp("Captions shown.", valueName: "count"))
    var examples = 5

    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--beams", beams, in: 1...64)
        try NumberOption.check("--limit", limit, in: NumberOption.count)
        try NumberOption.check("--examples", examples, in: NumberOption.examples)
    }

    func run() throws {
        let model = try options.model()
        let status = StatusLine()
        let outcome = try model.captions(corpus: options.corpus, beams: beams, limit: limit) { done, all in
            status.show("described \(done) of \(all) images")
        }
        status.clear()
        try json.write(object(outcome), else: lines(outcome, step: model.step))
    }

    private func lines(_ outcome: CaptionOutcome, step: Int) -> [String] {
        let scores = outcome.scores
        let shown = outcome.captions.prefix(examples).flatMap { caption in
            ["", caption.key, "  given      \(caption.text)"] + caption.references.map { "  reference  \($0)" }
        }
        return [
            "step \(step), \(scores.samples) images",
            "exact \(rounded(scores.exact))  BLEU-4 \(rounded(scores.bleu4))  CIDEr-D \(rounded(scores.cider))",
        ] + shown
    }

    private func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    private func object(_ outcome: CaptionOutcome) -> JSONValue {
        let examples = outcome.captions.prefix(examples).map { caption -> JSONValue in
            [
                "key": .string(caption.key), "caption": .string(caption.text),
                "references": .array(caption.references.map { .string($0) }),
            ]
        }
        return [
            "samples": .integer(outcome.scores.samples), "exact": .number(outcome.scores.exact),
            "bleu4": .number(outcome.scores.bleu4), "cider": .number(outcome.scores.cider), "beams": .integer(beams),
            "examples": .array(Array(examples)),
        ]
    }
}
