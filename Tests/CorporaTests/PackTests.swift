import Corpora
import Glibc
import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct PackTests {
    private func options(_ kind: CorpusKind, _ directory: TemporaryDirectory, _ sources: [String]) -> PackOptions {
        PackOptions(kind: kind, sources: sources.map { directory($0) }, output: directory("out"))
    }

    private func texts(_ corpus: ShardCorpus) throws -> [String] {
        try (0..<corpus.count).map { String(decoding: try corpus.read($0).text?.bytes ?? [], as: UTF8.self) }
    }

    private func keys(_ corpus: ShardCorpus) throws -> [String] {
        try (0..<corpus.count).map { try corpus.key($0) }
    }

    @Test("images and the first lines beside them become pairs; others are counted")
    func pairs() throws {
        let directory = try TemporaryDirectory()
        let caption = "A US 25 cent piece ($.25) called a quarter."
        try directory.put("in/coins/025quarter.png", fakePNG(100, seed: 1))
        try directory.put("in/coins/025quarter.txt", caption + "\r\nar.utf8=xyz\naf.utf8=abc\n")
        try directory.put("in/v1.2 final.JPG", [0xFF, 0xD8, 0xFF, 0xE0])
        try directory.put("in/v1.2 final.txt", "no line end")
        try directory.put("in/mirror.png", fakePNG(10, seed: 2))
        try directory.put("in/orphan.txt", "a caption without an image")
        try directory.put("in/sound.ogg", [1])
        let report = try PackJob(options(.pairs, directory, ["in"])).run()
        #expect(report.samples == 2 && report.rejectedCount == 0 && report.shards == 1)
        #expect(report.unpaired == [directory("in/mirror.png")] && report.unpairedCount == 1)
        let corpus = try ShardCorpus(directory: directory("out"))
        #expect(try keys(corpus) == ["coins/025quarter", "v1_2_final"])
        #expect(try texts(corpus) == [caption, "no line end"])
        #expect(try corpus.read(1).members.map(\.name) == ["jpg", "txt"])
        #expect(report.fingerprint == corpus.fingerprint)
        #expect(try CorpusVerifier(directory: directory("out")).run().isSound)
    }

    @Test("bad sources are listed with reasons, and nothing appears")
    func bad() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/good.png", fakePNG(100, seed: 1))
        try directory.put("in/good.txt", "fine")
        try directory.put("in/blank.png", fakePNG(100, seed: 2))
        try directory.put("in/blank.txt", " \t\nsecond line")
        try directory.put("in/foreign.png", fakePNG(100, seed: 3))
        try directory.put("in/foreign.txt", "de.utf8=Ein Bild\n")
        try directory.put("in/gif.png", Array("GIF89a".utf8))
        try directory.put("in/gif.txt", "an image of another kind")
        try directory.put("in/latin.png", fakePNG(1, seed: 4))
        try directory.put("in/latin.txt", [0xE9, 0x74, 0xE9])
        try directory.put("in/none.png", [])
        try directory.put("in/none.txt", "an empty image")
        let error = #expect(throws: CorpusError.self) { try PackJob(options(.pairs, directory, ["in"])).run() }
        guard case .rejected(let sources, let count) = error else { throw Unexpected() }
        #expect(
            count == 5
                && sources.map(\.path)
                    == ["blank", "foreign", "gif", "latin", "none"].map { directory("in/\($0).png") }
        )
        #expect(sources[0].reason == "the text is empty")
        #expect(sources[2].reason == "the file is no PNG, JPEG or WebP image")
        #expect(sources[4].reason == "the file is empty")
        #expect(error?.exitCode == .data)
        #expect(try Directory.names(in: directory.path) == ["in"])

        var skipping = options(.pairs, directory, ["in"])
        skipping.skipBad = true
        let report = try PackJob(skipping).run()
        #expect(report.samples == 1 && report.rejected == sources && report.rejectedCount == 5)
    }

    @Test("texts are cut by line, or by blank line where there are any")
    func documents() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/lines.txt", "\u{FEFF}one\ntwo  \n three\n\n")
        try directory.put("in/paragraphs.txt", "\n\nfirst line\nsecond line\r\n \nanother")
        let report = try PackJob(options(.texts, directory, ["in"])).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        #expect(try texts(corpus) == ["one", "two", "three", "first line\nsecond line", "another"])
        #expect(
            try keys(corpus) == [
                "lines/00000000", "lines/00000001", "lines/00000002", "paragraphs/00000000", "paragraphs/00000001",
            ])
        #expect(report.samples == 5)
    }

    @Test("a long text file gives the same documents as its lines, whatever the reading pieces")
    func longText() throws {
        let directory = try TemporaryDirectory()
        let lines = (0..<30_000).map { "line \($0) " + String(repeating: "é", count: $0 % 90) + "." }
        try directory.put("in/long.txt", lines.joined(separator: "\n"))
        _ = try PackJob(options(.texts, directory, ["in/long.txt"])).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        #expect(try texts(corpus) == lines)
    }

    @Test("JSON lines bring their own keys, captions and images; a bad line is named")
    func jsonLines() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/images/a.png", fakePNG(10, seed: 1))
        let rows = [
            #"{"key": "first", "caption": "red \u00e9", "image": "images/a.png", "extra": 5}"#,
            "", #"{"caption": "no key", "image": "images/a.png"}"#,
        ]
        try directory.put("in/rows.jsonl", rows.joined(separator: "\n"))
        _ = try PackJob(options(.pairs, directory, ["in/rows.jsonl"])).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        #expect(try keys(corpus) == ["first", "rows/00000002"])
        #expect(try texts(corpus) == ["red é", "no key"])

        let bad = [
            #"{"key": "x", "caption": "c", "image": "nowhere.png"}"#, "{", #"{"caption": 3, "image": "a"}"#,
            #"{"caption": "c"}"#, #"{"image": "images/a.png"}"#, #"{"key": "//", "caption": "c", "image": "a"}"#,
        ]
        try directory.put("in/bad.jsonl", bad.joined(separator: "\n"))
        var again = options(.pairs, directory, ["in/bad.jsonl"])
        again.output = directory("out2")
        let error = #expect(throws: CorpusError.self) { try PackJob(again).run() }
        guard case .rejected(let sources, 6) = error else { throw Unexpected() }
        #expect(Set(sources.map(\.path)) == Set((1...6).map { directory("in/bad.jsonl:\($0)") }))
        #expect(sources.first { $0.path.hasSuffix(":3") }?.reason.contains("`caption` is no text") == true)
    }

    @Test("both parts of a hold-out make up the whole, and the share is about right")
    func holdOut() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/t.txt", (0..<2000).map { "line \($0)" }.joined(separator: "\n"))
        var found: [HoldOut.Part: Set<String>] = [:]
        for part in HoldOut.Part.allCases {
            var options = options(.texts, directory, ["in/t.txt"])
            options.output = directory(part.rawValue)
            options.holdOut = HoldOut(fraction: "1/10", part: part)
            let report = try PackJob(options).run()
            #expect(report.samples + report.heldBack == 2000)
            found[part] = Set(try texts(ShardCorpus(directory: directory(part.rawValue))))
        }
        #expect(found[.train]!.isDisjoint(with: found[.heldOut]!))
        #expect(found[.train]!.union(found[.heldOut]!).count == 2000)
        #expect((150...250).contains(found[.heldOut]!.count))
        #expect(HoldOut(fraction: "10/10", part: .train) == nil && HoldOut(fraction: "1", part: .train) == nil)
    }

    @Test("images pass through the transform, on any number of workers with the same bytes")
    func transform() throws {
        let directory = try TemporaryDirectory()
        for number in 0..<40 { try directory.put("in/\(number).png", fakePNG(3000 + number, seed: UInt64(number))) }
        var fingerprints: Set<String> = []
        for workers in [1, 3] {
            var options = options(.images, directory, ["in"])
            options.output = directory("out\(workers)")
            options.workers = workers
            options.layout.frameSize = 8 << 10
            options.layout.shardSize = 20 << 10
            options.transformImage = { bytes, path in
                path.hasSuffix("/7.png") ? [0xFF, 0xD8, 0xFF, 1] : Array(bytes.prefix(100))
            }
            var last = PackProgress()
            fingerprints.insert(try PackJob(options).run { last = $0 }.fingerprint)
            #expect(last.packed == 40 && last.seen == 40)
        }
        #expect(fingerprints.count == 1)
        let corpus = try ShardCorpus(directory: directory("out1"))
        let seven = try corpus.read(try #require(try corpus.find("7")))
        #expect(seven.members == [.init(name: "jpg", bytes: [0xFF, 0xD8, 0xFF, 1])])
        #expect(try corpus.read(0).members[0].bytes.count == 100)
    }

    @Test("several sources keep their keys apart; equal keys in one are refused")
    func severalSources() throws {
        let directory = try TemporaryDirectory()
        try directory.put("a/x.png", fakePNG(5, seed: 1))
        try directory.put("b/x.png", fakePNG(5, seed: 2))
        _ = try PackJob(options(.images, directory, ["a", "b"])).run()
        #expect(try keys(try ShardCorpus(directory: directory("out"))) == ["a/x", "b/x"])
        try directory.put("a/x.jpg", [0xFF, 0xD8, 0xFF])
        var again = options(.images, directory, ["a"])
        again.output = directory("out2")
        let error = #expect(throws: CorpusError.self) { try PackJob(again).run() }
        #expect("\(error!)".contains("its key `x` is taken already"))
    }

    @Test("nothing to pack is said, not packed")
    func empty() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/sound.ogg", [1])
        for source in ["in", "nowhere"] {
            let error = #expect(throws: CorpusError.self) { try PackJob(options(.images, directory, [source])).run() }
            guard case .empty = error else { throw Unexpected() }
        }
        #expect(try Directory.names(in: directory.path) == ["in"])
    }

    @Test("a corpus that would lie in its own source is refused, by whatever path")
    func insideSource() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/a.txt", "a text")
        for place in ["in/out", "in", "in/deep/out", "in/../in/out", "link/out"] {
            if place.hasPrefix("link") { #expect(symlink(directory("in"), directory("link")) == 0) }
            var job = options(.texts, directory, ["in"])
            job.output = directory(place)
            let error = #expect(throws: CorpusError.self) { try PackJob(job).run() }
            guard case .insideSource = error else { throw Unexpected() }
            #expect(error?.exitCode == .usage)
        }
        #expect(try Directory.names(in: directory("in")) == ["a.txt"])
        var beside = options(.texts, directory, ["in"])
        beside.output = directory("in-packed")
        #expect(try PackJob(beside).run().samples == 1)
    }

    @Test("what a folder holds besides is counted by extension; captions beside images are not that")
    func passedOver() throws {
        let directory = try TemporaryDirectory()
        for name in ["a.png", "b.png"] { try directory.put("in/" + name, fakePNG(10, seed: 1)) }
        for name in ["a.txt", "b.json", "c.csv", "d.CSV", "README", "x.tiff"] {
            try directory.put("in/" + name, #"{"caption": "a picture"}"#)
        }
        var found: [DetectedSource] = []
        _ = try PackJob(options(.pairs, directory, ["in"])).run { _ in
        } notice: {
            if case .detected(let source) = $0 { found.append(source) }
        }
        let source = try #require(found.first)
        #expect(source.files == 2 && source.passedOver == ["csv": 2, "": 1, "tiff": 1])
        #expect(source.passedOverText == "2 .csv, 1 without an extension, 1 .tiff")
    }

    @Test("a link to nothing is a bad source, not an absent one")
    func danglingLink() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/a.png", fakePNG(10, seed: 1))
        #expect(symlink(directory("nowhere.png"), directory("in/b.png")) == 0)
        let error = #expect(throws: CorpusError.self) { try PackJob(options(.images, directory, ["in"])).run() }
        guard case .rejected(let sources, 1) = error else { throw Unexpected() }
        #expect(sources[0].path == directory("in/b.png") && sources[0].reason.contains("No such file"))
    }

    @Test("JSON that does not fit is named in JSON's own words, with the columns there are")
    func jsonFaults() throws {
        let directory = try TemporaryDirectory()
        let lines = [#"{"txt": "a"}"#, "[1]", "no json", #"{"text": 5}"#]
        try directory.put("in.jsonl", lines.joined(separator: "\n"))
        let error = #expect(throws: CorpusError.self) { try PackJob(options(.texts, directory, ["in.jsonl"])).run() }
        guard case .rejected(let sources, _) = error else { throw Unexpected() }
        #expect(
            sources.map(\.reason) == [
                "no column `text` or `caption`; it has `txt`", "no JSON object: it is no object",
                "no JSON object: it is not JSON", "`text` is no text",
            ])
    }

    @Test("a record of a failed download without its image is counted, one of a success is bad")
    func recordsWithoutImages() throws {
        let directory = try TemporaryDirectory()
        var archive: [UInt8] = []
        for (key, status) in [("a", "failed_to_download"), ("b", "success")] {
            try Tar.append(name: key + ".json", contents: Array(#"{"status": "\#(status)"}"#.utf8), to: &archive)
        }
        try Tar.append(name: "c.png", contents: fakePNG(10, seed: 1), to: &archive)
        try Tar.append(name: "c.txt", contents: Array("a caption".utf8), to: &archive)
        try directory.put("in/00000.tar", archive + Tar.end)
        try directory.put("in/00000_stats.json", "{}")
        var job = options(.pairs, directory, ["in"])
        job.skipBad = true
        let report = try PackJob(job).run()
        #expect(report.samples == 1 && report.failedDownloads == 1 && report.rejectedCount == 1)
        #expect(report.rejected[0].reason == "no image beside `json`")
    }
}
