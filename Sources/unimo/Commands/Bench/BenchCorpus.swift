import ArgumentParser
import Corpora
import Glibc

struct BenchCorpus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Time opening a corpus of many shards and finding batches in it.",
        discussion: """
            An index is made up, with shard files of 64 MiB that take no room on the disk. Opening reads and checks the \
            index and looks at every shard; planning the first batch lays out an epoch. Memory is the whole program's.
            """)

    @Option(help: ArgumentHelp("Shards.", valueName: "count"))
    var shards = 10_000
    @Option(help: ArgumentHelp("Samples in all, at least 64 per shard.", valueName: "count"))
    var samples = 100_000_000
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard (1...1_000_000).contains(shards), (64 * shards...1 << 40).contains(samples) else {
            throw ValidationError("--samples takes at least 64 for each of 1 to 1000000 --shards")
        }
    }

    func run() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let directory = "\(base)/unimo-bench-corpus-\(getpid())"
        let result = try OpeningBenchmark(shards: shards, samples: samples).run(in: directory)
        try BenchmarkRow.write(
            [
                BenchmarkRow(name: "open", value: result.open * 1000, unit: "ms"),
                BenchmarkRow(name: "first batch", value: result.firstBatch * 1000, unit: "ms"),
                BenchmarkRow(name: "batch 10000000", value: result.farBatch * 1000, unit: "ms"),
                BenchmarkRow(name: "resident memory", value: Double(result.residentBytes) / 1e6, unit: "MB"),
            ], as: json)
    }
}
