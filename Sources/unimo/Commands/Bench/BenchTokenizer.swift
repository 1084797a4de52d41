import ArgumentParser
import Corpora
import Storage
import Text

struct BenchTokenizer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Time encoding on one thread.",
        discussion: """
            MB of text per second, line by line, on made-up dictionary glosses and on made-up text in many scripts, or on \
            your own. Half of the lines warm a new tokenizer, the other half is timed. Rows "every word new" have the same \
            lines without the words that came before, so that remembering words does not help.
            """)

    @Argument(help: "A tokenizer directory (default: one trained on other made-up text).")
    var directory: String?

    @Option(
        name: .customLong("from"), parsing: .upToNextOption,
        help: "Text files (each line a text) or corpora to time instead of made-up text.")
    var sources: [String] = []

    @Option(help: "Of the made-up texts.")
    var seed: UInt64 = 1

    @Option(help: "Of each made-up text.")
    var size = ByteSize(bytes: 4 << 20)

    @Option(help: "Tokens in the vocabulary that is trained when no directory is given.")
    var vocabulary = 16_000

    @Option(help: ArgumentHelp("Repetitions; the median counts.", valueName: "count"))
    var repetitions = 5

    @Option(name: .customLong("save-texts"), help: ArgumentHelp("Write the made-up texts here too.", valueName: "dir"))
    var textsDirectory: String?

    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--repetitions", repetitions, in: NumberOption.repetitions)
        try size.check("--size", from: 1 << 16, to: 1 << 30)
    }

    func run() throws {
        let texts = try sources.isEmpty ? madeUp(seed: seed, bytes: size.bytes) : sources.map(read)
        if let textsDirectory { try save(texts, in: textsDirectory) }
        let tokenizer = try directory.map { try Tokenizer(directory: $0) } ?? train()
        let rows = try TokenizerBenchmark.run(texts, files: tokenizer.files, repetitions: repetitions).map {
            BenchmarkRow(
                name: $0.name, value: $0.speed, unit: "MB/s", peak: nil, bytes: $0.bytes,
                extra: ["tokens_per_second": $0.tokensPerSecond])
        }
        try BenchmarkRow.write(rows, as: json)
    }

    private func madeUp(seed: UInt64, bytes: Int) -> [TokenizerBenchmark.Source] {
        [
            TokenizerBenchmark.Source(name: "english", lines: BenchmarkTexts.english(bytes: bytes, seed: seed)),
            TokenizerBenchmark.Source(name: "mixed", lines: BenchmarkTexts.mixed(bytes: bytes, seed: seed)),
        ]
    }

    private func train() throws -> Tokenizer {
        var trainer = try TokenizerTrainer(vocabularySize: vocabulary)
        for text in madeUp(seed: seed &+ 1, bytes: 2 << 20) {
            for line in text.lines { line.withUnsafeBufferPointer { trainer.add(utf8: $0) } }
        }
        return trainer.train()
    }

    private func read(_ source: String) throws -> TokenizerBenchmark.Source {
        var lines: [[UInt8]] = []
        if Directory.kind(of: source) == .directory {
            let corpus = try ShardCorpus(directory: source)
            for index in 0..<corpus.count {
                if let text = try corpus.read(index).text { lines.append(Array(text.bytes)) }
            }
        } else {
            try TextInput.lines(ofFile: source) { lines.append(Array($0)) }
        }
        guard lines.count > 1 else { throw UsageError(description: "\(source): expected 2 texts or more") }
        return TokenizerBenchmark.Source(name: Directory.name(of: source), lines: lines)
    }

    private func save(_ texts: [TokenizerBenchmark.Source], in directory: String) throws {
        try Directory.create(directory)
        for text in texts {
            try AtomicFile.write(
                Array(text.lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")],
                to: "\(directory)/\(text.name).txt")
        }
    }
}
