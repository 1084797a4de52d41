import ArgumentParser
import Corpora
import Recipes
import Telemetry

struct SamplerDumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Print the keys of the samples that each rank computes.",
        discussion: """
            One line per batch and rank: batch, rank, entry of the mixture, keys. A run with log.samples writes the same \
            lines, so that both can be sorted and compared.
            """)

    @Argument(help: ArgumentHelp("The recipe, a YAML file.", valueName: "recipe"))
    var recipe: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change one value of the recipe, as in train.", valueName: "path=value"))
    var overrides: [String] = []

    @Option(name: .customLong("world-size"), help: "Number of ranks.")
    var worldSize = 1

    @Option(help: ArgumentHelp("Batches, the end not included, counted from 0.", valueName: "a..<b"))
    var batches: BatchRange

    @OptionGroup var json: JSONOption

    /// Batches that are put together into one object.
    private static let mostRows = 1_000_000

    func validate() throws {
        try NumberOption.check("--world-size", worldSize, in: 1...1_000_000)
        guard batches.range.upperBound <= SamplerDump.batchLimit else {
            throw ValidationError(
                "--batches takes batches below \(SamplerDump.batchLimit), not up to \(batches.range.upperBound)")
        }
        guard !json.isOn || batches.range.count <= Self.mostRows else {
            throw ValidationError(
                "--json takes at most \(Self.mostRows) batches, not \(batches.range.count): leave it out for lines")
        }
    }

    func run() throws {
        let dump = try Recipe.read(file: recipe, overrides: overrides).recipe.samplerDump()
        if let end = dump.batches, batches.range.upperBound > end {
            throw UsageError(description: "the mixture ends after \(end) batches; ask for --batches up to ..<\(end)")
        }
        if json.isOn {
            return try json.write(.encoded(try dump.json(batches: batches.range, worldSize: worldSize)), else: [])
        }
        var output = TextOutput()
        try dump.lines(batches: batches.range, worldSize: worldSize) { line in
            try output.append(line.utf8)
            try output.append(CollectionOfOne(UInt8(ascii: "\n")))
        }
        try output.flush()
    }
}

/// `A..<B` on the command line.
struct BatchRange: ExpressibleByArgument {
    let range: Range<Int>

    init?(argument: String) {
        let ends = argument.split(separator: "..<", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let start = ends[0], let end = ends[1], 0 <= start, start <= end else { return nil }
        range = start..<end
    }
}
