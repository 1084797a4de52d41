import ArgumentParser
import Corpora
import Storage
import Telemetry
import Text

struct TokenizerTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a vocabulary from corpora or text files.",
        discussion: "The same texts give the same vocabulary, in whatever order they come.")

    @Argument(help: "The tokenizer directory to make.")
    var directory: String

    @Option(
        name: .customLong("from"), parsing: .upToNextOption,
        help: "Corpus directories (their texts and captions) or text files (each line a text), plain or compressed.")
    var sources: [String]

    @Option(help: "Tokens in the vocabulary, the 5 special ones and the 256 bytes included.")
    var vocabulary = 8000

    @Option(name: .customLong("minimum-frequency"), help: "Pairs that occur less often are not merged.")
    var minimumFrequency = 2

    @Flag(help: "Turn texts to lower case, here and whenever the tokenizer is used.")
    var lowercase = false

    @OptionGroup var json: JSONOption

    func run() throws {
        guard !Tokenizer.exists(in: directory) else {
            throw UsageError(description: "\(directory) holds a tokenizer already; choose another directory")
        }
        try OutputOption.checkDirectory("the tokenizer directory", directory)
        var trainer = try TokenizerTrainer(
            vocabularySize: vocabulary, minimumFrequency: minimumFrequency, lowercases: lowercase)
        Interruption.catchSignals()
        let status = StatusLine()
        var texts = 0
        for source in sources { texts += try add(source, to: &trainer, status) }
        guard texts > 0 else {
            throw UsageError(description: "no texts in \(sources.joined(separator: ", "))")
        }
        let tokenizer = trainer.train { status.show("\($0) tokens") }
        try Interruption.check()
        status.clear()
        try tokenizer.save(to: directory)
        let missing = vocabulary - tokenizer.vocabularySize
        if missing > 0 {
            Program.complain(
                "\(missing) tokens fewer than --vocabulary \(vocabulary): no other pair occurs \(minimumFrequency) times"
            )
        }
        try json.write(
            [
                "directory": .string(directory), "texts": .integer(texts),
                "vocabulary": .integer(tokenizer.vocabularySize),
            ], else: ["\(directory): \(tokenizer.vocabularySize) tokens from \(texts) texts"])
    }

    /// Counts the texts of one source and returns how many there were.
    private func add(_ source: String, to trainer: inout TokenizerTrainer, _ status: StatusLine) throws -> Int {
        var texts = 0
        func counted() throws {
            texts += 1
            guard texts % 4096 == 0 else { return }
            status.show("\(source): \(texts) texts")
            try Interruption.check()
        }
        guard Directory.kind(of: source) == .directory else {
            try TextInput.lines(ofFile: source) { line in
                trainer.add(utf8: line)
                try counted()
            }
            return texts
        }
        let corpus = try ShardCorpus(directory: source)
        for index in 0..<corpus.count {
            for var text in try corpus.read(index).texts(in: source) {
                text.withUTF8 { trainer.add(utf8: $0) }
                try counted()
            }
        }
        return texts
    }
}
