import ArgumentParser
import Corpora
import Runtime
import Telemetry

struct CorpusScenes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenes",
        abstract: "Write a procedural world as corpora: pictures of simple objects, captions, descriptions.",
        discussion: """
            Makes the corpora pairs, images and texts, COUNT samples each, and held-out: pairs in which at least one \
            object has a combination of shape and colour that never occurs in the others. The same seed gives the same \
            bytes.
            """)

    @Option(name: .customLong("out"), help: "Folder to make the corpora in.")
    var output: String

    @Option(help: "Samples in each corpus.")
    var count: Int

    @Option(help: "Seed of the world.")
    var seed: UInt64

    @Option(name: .customLong("held-out"), help: "Samples in the held-out corpus (default: a tenth of COUNT).")
    var heldOut: Int?

    @Option(help: ArgumentHelp("Objects in a scene, from 1 to 3: 2 or 1-3.", valueName: "range"))
    var objects = "1-3"

    @Option(help: ArgumentHelp("Side of the pictures.", valueName: "pixels"))
    var side = 64

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--count", count, in: 1...100_000_000)
        try NumberOption.check("--held-out", heldOut, in: 1...100_000_000)
        try NumberOption.check("--side", side, in: 16...1024)
        guard SceneSettings.objects(objects) != nil else {
            throw ValidationError("--objects takes numbers in 1...3 as 2 or 1-3, not \(objects)")
        }
    }

    func run() throws {
        let export = SceneExport(
            directory: output, seed: seed, count: count, heldOut: heldOut,
            objects: SceneSettings.objects(objects) ?? 1...3, side: side)
        let pool = WorkerPool(threads: workers.count)
        defer { pool.stop() }
        Interruption.catchSignals()
        let status = StatusLine()
        try export.run(pool: pool) { done, total in
            status.show("\(done) of \(total) scenes")
            try Interruption.check()
        }
        status.clear()
        let rows = export.parts.map { part -> JSONValue in
            [
                "directory": .string("\(output)/\(part.name)"), "kind": .string(part.kind.rawValue),
                "samples": .integer(part.settings.count),
            ]
        }
        try json.write(
            ["seed": .encoded("\(seed)"), "corpora": .array(rows)],
            else: export.parts.map { "\(output)/\($0.name): \($0.settings.count) \($0.kind.rawValue)" })
    }
}
