import ArgumentParser
import Corpora
import Curation
import Recipes
import Storage
import Telemetry

struct CorpusRegions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regions",
        abstract: "Describe images by regions, with an encoder instead of a detector.",
        discussion: """
            Each cell of a grid over an image is a region: its features are the mean of what the visual encoder of a \
            UNIMO-2 makes of the patches in it, its classes the clusters that it is near. Captions go along. The classes \
            are written to OUT.classes.safetensors; --classes-from gives other corpora the same.

            The corpus appears when it is complete, and never overwrites anything. What is finished stays in OUT.tmp \
            when the work is interrupted: the same command goes on from there.
            """)

    @Argument(
        help: ArgumentHelp(
            "A packed corpus of images or pairs, or scenes:COUNT[:SEED[:OBJECTS[:PART]]].", valueName: "images"))
    var images: String

    @Option(help: ArgumentHelp("A checkpoint of UNIMO-2, or a run (its newest checkpoint).", valueName: "checkpoint"))
    var encoder: String

    @Option(name: .customLong("out"), help: "The corpus directory to make.")
    var output: String

    @Option(help: ArgumentHelp("Cells along a side of an image; they hold whole patches.", valueName: "cells"))
    var grid = 4

    @Option(help: ArgumentHelp("Classes to find, 0 for none (default: 64).", valueName: "count"))
    var classes: Int?

    @Option(
        name: .customLong("classes-from"),
        help: ArgumentHelp("Take the classes of another corpus: its OUT.classes.safetensors.", valueName: "file"))
    var classesFrom: String?

    @Flag(name: .customLong("half-features"), help: "Store features and classes in half precision.")
    var halvesFeatures = false

    @Flag(name: .customLong("keep-images"), help: "Keep the image with the sample.")
    var keepsImages = false

    @Option(help: "Seed of the search for classes.")
    var seed: UInt64 = 1

    @Option(name: .customLong("shard-size"), help: "Size at which a new shard is begun.")
    var shardSize = ByteSize(bytes: 64 << 20)

    @Flag(help: "Begin again, whatever an interrupted attempt has left in OUT.tmp.")
    var afresh = false

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--grid", grid, in: 1...256)
        try NumberOption.check("--classes", classes, in: 0...RegionClasses.limit)
        try shardSize.check("--shard-size", from: 1 << 16, to: 1 << 40)
        guard classes == nil || classesFrom == nil else {
            throw ValidationError("--classes finds classes, --classes-from takes those of a file: name one of them")
        }
    }

    func run() throws {
        Interruption.catchSignals()
        let line = CountedProgress()
        let report: RegionReport
        do {
            report = try RegionJob(options).run { start in
                if let text = Self.line(start) { Program.complain(text) }
            } progress: { what, done, all in
                line.show(what, done: done, total: all)
                try Interruption.check()
            }
        } catch is Interruption.Requested {
            throw Interruption.Requested(
                remark: Directory.exists(output)
                    ? "the corpus is whole, only its classes were not counted"
                    : "the same command goes on after the last finished shard")
        }
        line.clear()
        try json.write(report.json(directory: output), else: report.lines(directory: output))
    }

    private var options: RegionOptions {
        var options = RegionOptions(images: images, encoder: encoder, output: output)
        options.grid = grid
        if let classes { options.classes = classes }
        options.classesFrom = classesFrom
        options.seed = seed
        options.halvesFeatures = halvesFeatures
        options.keepsImages = keepsImages
        options.shardSize = UInt64(shardSize.bytes)
        options.workers = workers.count
        options.startsAfresh = afresh
        return options
    }

    private static func line(_ start: DerivedCorpusJob.Start) -> String? {
        switch start {
        case .afresh: nil
        case .after(let samples): "going on after \(samples) samples that an earlier attempt has finished"
        case .finished: "an earlier attempt had made everything; the corpus is given its name"
        }
    }
}

extension RegionReport {
    fileprivate func json(directory: String) -> JSONValue {
        [
            "directory": .string(directory), "samples": .integer(samples), "resumed": .integer(resumed),
            "regions": .integer(regions), "features": .integer(width), "classes": .integer(classes),
            "classes_used": usage.map { .integer($0.used) } ?? .null,
            "perplexity": usage.map { .number($0.perplexity) } ?? .null,
            "classes_file": classFile.map { .string($0) } ?? .null, "fingerprint": .string(fingerprint),
            "seconds": .number(seconds), "samples_per_second": samplesPerSecond.map { .number($0) } ?? .null,
        ]
    }

    fileprivate func lines(directory: String) -> [String] {
        let speed = samplesPerSecond.map { ", \(tenths($0)) samples/s" } ?? ""
        let made = "\(directory): \(samples) samples, \(regions) regions of \(width) features\(speed)"
        guard let usage, let classFile else { return [made] }
        let used =
            "\(usage.used) of \(classes) classes are some region's likeliest, perplexity \(tenths(usage.perplexity))"
        return [made, "  \(used)", "  the classes are in \(classFile)"]
    }

    private func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
