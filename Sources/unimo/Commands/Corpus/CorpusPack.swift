import ArgumentParser
import Corpora
import Glibc
import Recipes
import Runtime
import Telemetry
import Vision

struct CorpusPack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Pack images, texts or pairs into a corpus directory.",
        discussion: """
            Sources are folders (walked recursively) or files. images: png, jpg, jpeg, webp. texts: .txt, cut into \
            documents by line or by blank line. pairs: an image with a .txt of the same name beside it, whose first line \
            is the caption; or .jsonl. Every image is decoded once, so that a broken one is found now. The corpus \
            appears when it is complete, and never overwrites anything.
            """)

    @Option(help: "What a sample holds: \(CorpusKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: CorpusKind

    @Option(name: .customLong("from"), parsing: .upToNextOption, help: "Folders or files to pack.")
    var sources: [String]

    @Option(name: .customLong("out"), help: "The corpus directory to make.")
    var output: String

    @Option(name: .customLong("shard-size"), help: "Size at which a new shard is begun.")
    var shardSize = ByteSize(bytes: 64 << 20)

    @Option(
        name: .customLong("shorter-side"),
        help: ArgumentHelp(
            "Shrink larger images until their shorter side has this many pixels.",
            discussion: "They are stored as PNG; the others stay as they are.", valueName: "pixels"))
    var shorterSide: Int?

    @Option(help: ArgumentHelp("Hold out a fraction, chosen by the hash of the key.", valueName: "1/10"))
    var holdOut: String?

    @Option(help: "Which part of a hold-out to pack.")
    var part = HoldOut.Part.train

    @Option(name: .customLong("text-unit"), help: "How texts are cut into documents.")
    var textUnit = TextUnit.automatic

    @Flag(name: .customLong("skip-bad"), help: "Leave sources that can't be read out, and list them.")
    var skipBad = false

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        if let shorterSide, !(8...8192).contains(shorterSide) {
            throw ValidationError("--shorter-side takes pixels in 8...8192, not \(shorterSide)")
        }
        guard shardSize.bytes >= 1 << 16 else {
            throw ValidationError("--shard-size must be at least 64KiB, not \(shardSize.bytes) bytes")
        }
        if let holdOut, HoldOut(fraction: holdOut, part: part) == nil {
            throw ValidationError("--hold-out takes a fraction between 0 and 1 such as 1/10, not \(holdOut)")
        }
    }

    func run() throws {
        var options = PackOptions(kind: kind, sources: sources, output: output)
        options.layout.shardSize = UInt64(shardSize.bytes)
        options.workers = workers.count
        options.skipBad = skipBad
        options.holdOut = holdOut.flatMap { HoldOut(fraction: $0, part: part) }
        options.textUnit = textUnit
        options.transformImage = Self.transform(shorterSide: shorterSide)
        Interruption.catchSignals()
        let status = StatusLine()
        let report = try PackJob(options).run { progress in
            status.show("\(progress.packed) packed, \(progress.rejected) bad, \(Quantity.approximate(progress.bytes))")
            try Interruption.check()
        }
        status.clear()
        for source in report.rejected { Program.complain("left out \(source)") }
        json.print(report.json(directory: output), else: report.lines(directory: output))
    }

    /// Decodes each image, and encodes those anew that are to be smaller.
    private static func transform(shorterSide: Int?) -> PackOptions.ImageTransform {
        { bytes, _ in
            let image = try decodeImage(bytes)
            guard let shorterSide, min(image.width, image.height) > shorterSide else { return bytes }
            let scale = Double(shorterSide) / Double(min(image.width, image.height))
            func scaled(_ side: Int) -> Int { max(shorterSide, Int((Double(side) * scale).rounded())) }
            return try encodePNG(resize(image, width: scaled(image.width), height: scaled(image.height)))
        }
    }
}

extension PackReport {
    fileprivate func json(directory: String) -> JSONValue {
        [
            "directory": .string(directory), "samples": .integer(samples), "shards": .integer(shards),
            "bytes": .integer(Int(bytes)), "held_back": .integer(heldBack), "unpaired": .integer(unpairedCount),
            "rejected": .integer(rejectedCount), "fingerprint": .string(fingerprint),
        ]
    }

    fileprivate func lines(directory: String) -> [String] {
        var lines = ["\(directory): \(samples) samples in \(shards) shards, \(Quantity.approximate(bytes))"]
        if heldBack > 0 { lines.append("\(heldBack) samples belong to the other part of the hold-out") }
        if unpairedCount > 0 { lines.append("\(unpairedCount) images have no caption file, such as \(unpaired[0])") }
        if rejectedCount > 0 { lines.append("\(rejectedCount) bad sources were left out") }
        return lines
    }
}
