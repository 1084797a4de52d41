public import ArgumentParser
public import Batches
import Corpora
import Tensors

struct BenchLoader: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader",
        abstract: "Time the loader: from a packed corpus to the patches that a model takes.",
        discussion: """
            Images per second: reading, decompressing, decoding, antialiased bicubic resizing to a square, and the patches \
            in fp32 between -1 and 1, 16 pixels wide. Batches come in the sampler's order, as in training. The loader's \
            threads decode while the calling thread makes patches; pin the process to one core to time one core.
            """)

    @Option(help: ArgumentHelp("The corpus directory; its kind must have images.", valueName: "directory"))
    var corpus: String

    @Option(help: ArgumentHelp("Side of the images in pixels, a multiple of 16.", valueName: "pixels"))
    var size = 224

    @Option(help: "Threads that decode.")
    var workers = 1

    @Option(help: "How images are varied: none, mild, moderate, strong.")
    var augmentation = Augmentation.none

    @Option(help: ArgumentHelp("Stretches of two seconds; the median counts.", valueName: "count"))
    var rounds = 3

    @OptionGroup var json: JSONOption

    private static let patch = 16

    func validate() throws {
        guard (Self.patch...4096).contains(size), size % Self.patch == 0 else {
            throw ValidationError("--size takes a multiple of \(Self.patch) in \(Self.patch)...4096, not \(size)")
        }
        try NumberOption.check("--workers", workers, in: NumberOption.threads)
        try NumberOption.check("--rounds", rounds, in: NumberOption.repetitions)
    }

    func run() throws {
        let stored = try ShardCorpus(directory: corpus)
        guard stored.kind != .texts else {
            throw UsageError(description: "\(corpus) holds texts; bench loader needs a corpus with images")
        }
        let row = UnsafeMutablePointer<Float>.allocate(capacity: 3 * size * size)
        defer { row.deallocate() }
        let settings = LoaderBenchmark.Settings(
            size: size, workers: workers, augmentation: augmentation, rounds: rounds)
        let found = try LoaderBenchmark.run(stored, settings) { chunk in
            for view in chunk.views {
                view.pixels.withUnsafeBufferPointer { pixels in
                    guard let base = pixels.baseAddress else { return }
                    for image in 0..<view.count {
                        patches(base + 3 * size * size * image, size: size, patch: Self.patch, into: row)
                    }
                }
            }
        }
        let measured = BenchmarkRow(
            name: "loader", value: found.imagesPerSecond, unit: "images/s", peak: nil,
            extra: [
                "images": Double(found.images), "size": Double(size), "skipped": Double(found.skipped),
                "workers": Double(workers),
            ])
        try BenchmarkRow.write([measured], as: json)
    }
}

extension Augmentation: ExpressibleByArgument {}
