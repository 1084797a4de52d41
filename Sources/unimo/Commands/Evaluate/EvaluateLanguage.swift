import ArgumentParser
import Evaluation
import Recipes
import Telemetry

/// `unimo evaluate language`.
struct EvaluateLanguage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language", abstract: "Perplexity of masked tokens, with the image and without it.",
        discussion: """
            Spans of 15 % of the tokens are masked as in pre-training, the same ones each time. Perplexity is e to the mean \
            cross entropy of the masked tokens; accuracy the share of them that the model holds likeliest. On pairs the same \
            tokens are told twice: from the text alone, and beside the image.
            """)

    @OptionGroup var options: EvaluationOptions

    @Option(help: ArgumentHelp("Of which tokens are masked.", valueName: "seed"))
    var seed: UInt64 = 1

    @OptionGroup var samples: SampleLimit

    @OptionGroup var json: JSONOption

    func run() throws {
        let model = try options.model()
        let status = StatusLine()
        let outcome = try model.language(corpus: options.corpus, seed: seed, limit: samples.limit) { done, all in
            status.show("read \(done) of \(all) samples")
        }
        status.clear()
        try json.write(outcome.json, else: lines(outcome, step: model.step))
    }

    private func lines(_ outcome: LanguageOutcome, step: Int) -> [String] {
        [
            "step \(step), \(outcome.samples) samples, \(outcome.textAlone.tokens) masked tokens",
            "".padded(to: 16) + "  perplexity  accuracy", row("text alone", outcome.textAlone),
        ] + (outcome.besideImage.map { [row("beside image", $0)] } ?? [])
    }

    private func row(_ name: String, _ scores: LanguageScores) -> String {
        func cell(_ value: Double, _ width: Int) -> String {
            let text = "\((value * 1000).rounded() / 1000)"
            return String(repeating: " ", count: max(width - text.count, 1)) + text
        }
        return name.padded(to: 16) + cell(scores.perplexity, 12) + cell(scores.accuracy, 10)
    }
}

extension LanguageOutcome {
    /// The object other programs parse.
    var json: JSONValue {
        func object(_ scores: LanguageScores) -> JSONValue {
            [
                "loss": .number(scores.loss), "perplexity": .number(scores.perplexity),
                "accuracy": .number(scores.accuracy),
            ]
        }
        var fields: [(key: String, value: JSONValue)] = [
            ("samples", .integer(samples)), ("tokens", .integer(textAlone.tokens)), ("text_alone", object(textAlone)),
        ]
        if let besideImage { fields.append(("beside_image", object(besideImage))) }
        return .object(fields)
    }
}
