import ArgumentParser
import Corpora
import Recipes
import Runtime
import Storage
import Telemetry

struct CorpusPack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Pack images, texts, pairs or regions into a corpus directory.",
        discussion: """
            Sources are folders (walked recursively) or files: image files, for pairs with a .txt (first line) or .json \
            (caption, captions) of the same name beside them; img2dataset output; tar and zip archives in the WebDataset \
            layout; JSON lines; tables (.tsv, .csv); Karpathy splits; plain text; for regions the table of bottom-up \
            attention and .npz files. Each may be compressed with gzip, zstd, bzip2, xz, lz4 or lzip. What a source is \
            taken for is said first, what became no sample last. Long texts are cut at sentence ends. Every image is \
            decoded once, so that a broken one is found now. docs/data.md says what names mean.

            The corpus appears when it is complete, and never overwrites anything. What is finished stays in OUT.tmp \
            when the work is interrupted: the same command goes on from there.
            """)

    @Option(help: "What a sample holds: \(CorpusKind.packed.map(\.rawValue).joined(separator: ", ")).")
    var kind: CorpusKind

    @Option(name: .customLong("from"), parsing: .upToNextOption, help: "Folders or files to pack.")
    var sources: [String]

    @Option(name: .customLong("out"), help: "The corpus directory to make.")
    var output: String

    @Option(help: "What the sources are; auto looks at them.")
    var format = SourceFormat.automatic

    @Option(help: ArgumentHelp("Which columns hold what, in tables and JSON lines.", valueName: "text=A,image=B,key=C"))
    var columns: ColumnNames?

    @Flag(name: .customLong("no-header"), help: "Tables have no line of names; their columns are called 1, 2, ….")
    var hasNoHeader = false

    @Option(
        name: .customLong("image-root"),
        help: ArgumentHelp("Where image paths in tables, JSON lines and splits begin.", valueName: "folder"))
    var imageRoot: String?

    @Option(help: ArgumentHelp("Karpathy splits to pack (default: all).", valueName: "train,restval"))
    var split: String?

    @Option(help: ArgumentHelp("Members of archives to keep besides those the kind needs.", valueName: "json,cls"))
    var members: String?

    @Option(name: .customLong("shard-size"), help: "Size at which a new shard is begun.")
    var shardSize = ByteSize(bytes: 64 << 20)

    @Option(
        name: .customLong("frame-size"),
        help: "Bytes at which a frame is closed, before compression (default: 1MiB, 128KiB for texts).")
    var frameSize: ByteSize?

    @Option(
        name: .customLong("shorter-side"),
        help: ArgumentHelp(
            "Shrink larger images until their shorter side has this many pixels.",
            discussion: "They are stored as PNG unless --reencode says otherwise; the others stay as they are.",
            valueName: "pixels"))
    var shorterSide: Int?

    @Option(help: ArgumentHelp("Encode every image anew: jpeg:QUALITY, png, or keep.", valueName: "jpeg:90"))
    var reencode = Reencoding.keep

    @Flag(name: .customLong("half-features"), help: "Store the features of regions in half precision.")
    var halvesFeatures = false

    @Option(help: ArgumentHelp("Hold out a fraction, chosen by the hash of the key.", valueName: "1/10"))
    var holdOut: String?

    @Option(help: "Which part of a hold-out to pack.")
    var part = HoldOut.Part.train

    @Option(name: .customLong("text-unit"), help: "How texts are cut into documents.")
    var textUnit = TextUnit.automatic

    @Option(name: .customLong("max-bytes"), help: "Longer documents are cut at sentence ends into pieces.")
    var maxBytes = ByteSize(bytes: 1024)

    @Flag(name: .customLong("skip-bad"), help: "Leave sources that can't be read out, and list them.")
    var skipBad = false

    @Flag(help: "Begin again, whatever an interrupted attempt has left in OUT.tmp.")
    var afresh = false

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard CorpusKind.packed.contains(kind) else {
            throw ValidationError("--kind: \(kind.rawValue) are made by `corpus rewrite` and `corpus retrieve`")
        }
        try NumberOption.check("--shorter-side", shorterSide, in: 8...8192)
        try shardSize.check("--shard-size", from: 1 << 16, to: 1 << 40)
        try frameSize?.check("--frame-size", from: 1 << 12, to: 1 << 28)
        try maxBytes.check("--max-bytes", from: 16, to: 16 << 20)
        if let holdOut, HoldOut(fraction: holdOut, part: part) == nil {
            throw ValidationError("--hold-out takes a fraction between 0 and 1 such as 1/10, not \(holdOut)")
        }
    }

    func run() throws {
        try refuseOthersThanSources()
        Interruption.catchSignals()
        let line = PackProgressLine()
        let report: PackReport
        do {
            report = try PackJob(options).run { progress in
                line.show(progress)
                try Interruption.check()
            } notice: {
                Program.complain($0.line)
            }
        } catch is Interruption.Requested {
            throw Interruption.Requested(remark: "the same command goes on after the last finished shard")
        }
        line.clear()
        for source in report.rejected { Program.complain("left out \(source)") }
        try json.write(report.json(directory: output), else: report.lines(directory: output))
    }

    /// What this program or transformers wrote is a folder too, and its files are no samples. A corpus is: its shards are
    /// archives like any other.
    private func refuseOthersThanSources() throws {
        for source in sources {
            guard let known = KnownDirectory(source), known != .corpus else { continue }
            throw CorpusError.empty(
                sources: [source], reason: "it is \(known.rawValue); name a folder or file of samples")
        }
    }

    private var options: PackOptions {
        var options = PackOptions(kind: kind, sources: sources, output: output)
        options.format = format
        options.columns = columns ?? ColumnNames()
        options.hasHeader = !hasNoHeader
        options.imageRoot = imageRoot
        options.splits = Self.list(split)
        options.keptMembers = Self.list(members).map { $0.lowercased() }
        options.layout.shardSize = UInt64(shardSize.bytes)
        if let frameSize { options.layout.frameSize = frameSize.bytes }
        options.workers = workers.count
        options.skipBad = skipBad
        options.startsAfresh = afresh
        options.holdOut = holdOut.flatMap { HoldOut(fraction: $0, part: part) }
        options.textUnit = textUnit
        options.maxTextBytes = maxBytes.bytes
        options.halvesFeatures = halvesFeatures
        let transform = ImageTransform(shorterSide: shorterSide, reencoding: reencode)
        options.transformName = transform.name
        options.transformImage = { bytes, _ in try transform(bytes) }
        return options
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map(String.init)
    }
}
