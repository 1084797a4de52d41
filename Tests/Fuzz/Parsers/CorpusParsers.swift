import Runtime
import Storage

@testable import Corpora

extension FuzzParser {
    static let corpora = [
        FuzzParser(
            "corpus-index", seeds: { [Seed("texts", try SmallCorpus.shared.files["index.json"] ?? [])] + indexes }
        ) { bytes, scratch in
            try readCorpus(SmallCorpus.shared.put("index.json", bytes, in: scratch))
        },
        FuzzParser("shard-table", seeds: { [Seed("texts", try SmallCorpus.shared.files["table-000000.json"] ?? [])] }) {
            bytes, scratch in
            try readCorpus(SmallCorpus.shared.put("table-000000.json", bytes, in: scratch))
        },
        FuzzParser("shard-frame", maxLength: 8192, seeds: frameContents) { bytes, scratch in
            guard !bytes.isEmpty else { return }
            try readSample(bytes, scratch)
        },
        FuzzParser("pack-journal", seeds: { [Seed("one-shard", try UnfinishedPack.seed())] }) { bytes, scratch in
            try UnfinishedPack.finish(journal: bytes, in: scratch)
        },
    ]

    /// Reads the first samples, and then everything as `corpus verify` does.
    private static func readCorpus(_ directory: String) throws {
        let corpus = try ShardCorpus(directory: directory, retry: .never)
        _ = (corpus.rawBytes, corpus.textBytes, corpus.cacheBytes, corpus.frameSamples.count)
        for number in 0..<min(corpus.count, 4) {
            let sample = try corpus.read(number)
            try promise(corpus.key(number) == sample.key, sample.key)
            _ = try corpus.textBytes(number)
        }
        _ = try CorpusVerifier(directory: directory, contents: ContentLimits()).run()
    }

    /// Reads a frame of one sample whose checksums are right, whatever is in it.
    private static func readSample(_ contents: [UInt8], _ scratch: FuzzDirectory) throws {
        let compressor = FrameCompressor(level: 1)
        let frame = CompressedFrame(contents, compressor: compressor)
        let end = CompressedFrame(Tar.end, compressor: compressor)
        try scratch.put("shard-000000.tar.zst", frame.bytes + end.bytes)
        var (entries, place): ([FrameEntry], UInt64) = ([], 0)
        for part in [frame, end] {
            entries.append(
                FrameEntry(offset: place, size: part.bytes.count, rawSize: part.rawSize, sha256: part.sha256))
            place += UInt64(part.bytes.count)
        }
        let row = CorpusIndex.Shard(
            name: "shard-000000.tar.zst", size: place, rawSize: UInt64(contents.count + Tar.end.count), sha256: "",
            frameSamples: [1])
        let table = ShardTable(frames: entries, keys: ["a"], offsets: [0], textBytes: [0])
        let reader = ShardReader(directory: scratch.path, row: row, table: table)
        let sample = try reader.sample(0, in: reader.read(frame: 0), frame: 0)
        var (findings, digests) = (CorpusFindings(limit: 10), ContentCheck.Digests())
        ContentCheck(limits: ContentLimits()).run(
            sample, number: 0, place: "sample", findings: &findings, digests: &digests)
        _ = try sample.texts
        _ = sample.members.contains { $0.name == RegionSet.descriptorName } ? try RegionSet(sample).count : 0
    }

    private static func frameContents() throws -> [Seed] {
        func frame(_ members: [(name: String, text: String)]) throws -> [UInt8] {
            try SeedBytes.tar(members).dropLast(Tar.end.count)
        }
        return [
            Seed("text", try frame([("a.txt", "a text"), ("a.json", #"{"caption":"a caption"}"#)])),
            Seed("captions", try frame([("a.txt", "one"), ("a.captions.json", #"["one","two"]"#)])),
            Seed("other-key", try frame([("b.txt", "a text")])),
            Seed("nameless", try frame([("a", "a text"), ("a.", "x")])),
        ]
    }

    /// Numbers whose sums are beyond all reason.
    private static var indexes: [Seed] {
        func shard(_ number: Int, samples: String) -> String {
            #"{"frameSamples":[\#(samples)],"name":"shard-00000\#(number).tar.zst","rawSize":18446744073709551615,"#
                + #""sha256":"","size":18446744073709551615}"#
        }
        let head = #"{"format":"unimo-corpus","kind":"texts","members":{"txt":-1},"#
        return [
            Seed(
                "overflowing",
                head + #""samples":2,"shards":[\#(shard(0, samples: "1")),\#(shard(1, samples: "1"))],"#
                    + #""textBytes":9223372036854775807,"tool":"t","version":2}"#),
            Seed(
                "many",
                head + #""samples":0,"shards":[\#(shard(0, samples: "281474976710656,281474976710656,-1"))],"#
                    + #""textBytes":-1,"tool":"t","version":2}"#),
        ]
    }
}

/// A corpus of one shard with three texts, as the writer makes it.
private struct SmallCorpus {
    let files: [String: [UInt8]]

    static var shared: SmallCorpus { get throws { try made.get() } }
    private static let made = Result { try SmallCorpus() }

    private init() throws {
        let scratch = try FuzzDirectory()
        let pool = WorkerPool(threads: 1)
        defer { pool.stop() }
        var layout = CorpusWriter.Layout(kind: .texts)
        layout.frameSize = 2048
        let writer = try CorpusWriter(directory: scratch("c"), kind: .texts, layout: layout, pool: pool)
        for number in 0..<3 {
            let text = Array("text number \(number)".utf8)
            try writer.append(StoredSample(key: "part/\(number)", members: [.init(name: "txt", bytes: text)]))
        }
        try writer.finish()
        var files: [String: [UInt8]] = [:]
        for name in try Directory.names(in: scratch("c")) where name != ChecksumManifest.fileName {
            files[name] = try InputFile.contents(of: scratch("c/\(name)"), limit: 1 << 20)
        }
        self.files = files
    }

    /// The corpus with one file replaced, under a manifest that lists what is there.
    /// - Returns: its directory.
    func put(_ name: String, _ bytes: [UInt8], in scratch: FuzzDirectory) throws -> String {
        try Directory.create(scratch("corpus"))
        var digests: [FileDigest] = []
        for (file, original) in files {
            let contents = file == name ? bytes : original
            try scratch.put("corpus/\(file)", contents)
            digests.append(FileDigest(name: file, sha256: SHA256.hex(of: contents), size: UInt64(contents.count)))
        }
        try scratch.put("corpus/\(ChecksumManifest.fileName)", ChecksumManifest(digests).text)
        return scratch("corpus")
    }
}

/// Packing that ended after its first shard, to be gone on with by the journal given.
private enum UnfinishedPack {
    private struct Stopped: Error {}

    private static func options(_ scratch: FuzzDirectory) -> PackOptions {
        var options = PackOptions(kind: .texts, sources: [scratch("source.txt")], output: scratch("out"))
        options.format = .text
        options.textUnit = .lines
        options.layout.shardSize = 256
        options.layout.frameSize = 512
        options.layout.compression = 1
        return options
    }

    /// Packs until a shard is finished, unless that was done in this directory before. The files are kept beside.
    private static func begin(_ scratch: FuzzDirectory) throws -> (header: [UInt8], lines: [UInt8]) {
        if !Directory.exists(scratch("kept")) {
            try scratch.put("source.txt", (0..<12).map { "a line of text, number \($0)\n" }.joined())
            let attempt = try PackAttempt(
                options(scratch).output,
                PackJournal.Header(
                    options: options(scratch).record, sources: try PackPlan(options(scratch)).digest))
            let pool = WorkerPool(threads: 1)
            defer { pool.stop() }
            var finished = 0
            let writer = CorpusWriter(
                place: attempt.place, kind: .texts, layout: options(scratch).layout, pool: pool,
                onShard: {
                    try attempt.journal.append($0)
                    finished += 1
                    if finished == 2 { throw Stopped() }
                })
            var run = PackRun(
                options: options(scratch), plan: try PackPlan(options(scratch)), pool: pool, writer: writer,
                attempt: attempt)
            do { while try run.round() {} } catch is Stopped {}
            try Directory.rename(scratch("out.tmp"), to: scratch("kept"))
        }
        let journal = try InputFile.contents(of: scratch("kept/journal.jsonl"), limit: 1 << 20)
        let end = (journal.firstIndex(of: 10) ?? -1) + 1
        return (Array(journal[..<end]), Array(journal[end...]))
    }

    /// What the journal says after its first line.
    static func seed() throws -> [UInt8] { try begin(FuzzDirectory()).lines }

    static func finish(journal lines: [UInt8], in scratch: FuzzDirectory) throws {
        let header = try begin(scratch).header
        try Directory.remove(scratch("out"))
        let corpus = try scratch.clean("out.tmp") + "/corpus"
        try Directory.create(corpus)
        for name in try Directory.names(in: scratch("kept/corpus")) {
            try scratch.put(
                "out.tmp/corpus/\(name)",
                InputFile.contents(of: scratch("kept/corpus/\(name)"), limit: 1 << 20))
        }
        // Each line is sealed anew, so that records are looked at whose checksums would have stopped them.
        let sealed = ByteLines(lines).flatMap { $0.count > 65 ? PackJournal.sealed(Array($0.dropLast(65))) : Array($0) }
        try scratch.put("out.tmp/journal.jsonl", header + sealed)
        _ = try PackJob(options(scratch)).run()
    }
}
