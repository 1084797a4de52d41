import ArgumentParser
import Recipes
import Telemetry

/// `unimo evaluate probe`.
struct EvaluateProbe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "What a linear classifier reads off the model's texts.",
        discussion: """
            Texts are encoded alone, without images, and stay as they are: a softmax regression is fitted to the means of their \
            last-layer rows, on four fifths of the corpus, and asked of the others, chosen by the hash of their keys. A text's \
            class is a member of its sample that was packed along. Beside the accuracy stands what always naming the most \
            frequent class gets.
            """)

    @OptionGroup var options: EvaluationOptions

    @Option(help: ArgumentHelp("The member that says a text's class.", valueName: "name"))
    var member = "cls"

    @OptionGroup var samples: SampleLimit

    @OptionGroup var json: JSONOption

    func run() throws {
        let model = try options.model()
        let status = StatusLine()
        let outcome = try model.probe(corpus: options.corpus, member: member, limit: samples.limit) { done, all in
            status.show("encoded \(done) of \(all) samples")
        }
        status.clear()
        func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        try json.write(
            [
                "trained": .integer(outcome.trained), "tested": .integer(outcome.tested),
                "classes": .integer(outcome.classes), "accuracy": .number(outcome.accuracy),
                "majority": .number(outcome.majority),
            ],
            else: [
                "step \(model.step), \(outcome.trained) texts fitted, \(outcome.tested) asked, \(outcome.classes) classes",
                "accuracy \(rounded(outcome.accuracy))  most frequent class \(rounded(outcome.majority))",
            ])
    }
}
