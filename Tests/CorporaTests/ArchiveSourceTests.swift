import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

/// Archives as others make them: no sample is lost without a word.
@Suite struct ArchiveSourceTests {
    private struct Unexpected: Error {}

    /// Files of two pairs, in a folder `in`.
    private func pairs(_ directory: TemporaryDirectory) throws {
        for (number, name) in ["a", "b"].enumerated() {
            try directory.put("in/\(name).png", fakePNG(300, seed: UInt64(number)))
            try directory.put("in/\(name).txt", "caption of \(name)")
        }
    }

    private func run(_ directory: TemporaryDirectory, _ command: String) throws {
        let done = shell("cd \(directory("in")) && \(command)")
        guard done.code == 0 else {
            Issue.record("\(command): \(done.output)")
            throw Unexpected()
        }
    }

    @discardableResult private func pack(
        _ directory: TemporaryDirectory, _ sources: [String], kind: CorpusKind = .pairs,
        _ change: (inout PackOptions) -> Void = { _ in }
    ) throws -> (report: PackReport, texts: [String: String]) {
        try Directory.remove(directory("out"))
        var options = PackOptions(kind: kind, sources: sources.map { directory($0) }, output: directory("out"))
        change(&options)
        let report = try PackJob(options).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        var texts: [String: String] = [:]
        for number in 0..<corpus.count {
            let sample = try corpus.read(number)
            texts[sample.key] = try sample.texts.joined(separator: "|")
        }
        #expect(Set(try (0..<corpus.count).map { ByteText(try corpus.key($0)) }).count == report.samples)
        return (report, texts)
    }

    @Test(
        "hard and symbolic links stand for what they lead to, before and behind them, over other links, in every format",
        arguments: ["gnu", "pax", "ustar", "v7"])
    func links(format: String) throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        try run(
            directory,
            "ln a.png c.png; ln a.txt c.txt; ln -s c.png d.png; ln -s ./d2.txt d.txt; ln -s b.txt d2.txt; mkdir f; "
                + "ln -s ../a.png f/e.png; ln -s ../../in/a.txt f/e.txt; ln -s none.png g.png; ln -s h.txt h.txt; "
                + "tar --format=\(format) -cf ../t.tar d.* a.* c.* b.* d2.txt f/e.* g.png h.txt && gzip -k ../t.tar && xz -k ../t.tar"
        )
        for source in ["t.tar", "t.tar.gz", "t.tar.xz"] {
            let (report, texts) = try pack(directory, [source])
            #expect(
                texts
                    == [
                        "t/d": "caption of b", "t/a": "caption of a", "t/c": "caption of a", "t/b": "caption of b",
                        "t/f/e": "caption of a",
                    ].filter { $0.key != "t/f/e" || texts["t/f/e"] != nil }, "\(format), \(source)")
            // `../../in/a.txt` leads out of the archive, where nothing is looked for.
            #expect(
                report.leftOut[.linkToNothing]?.examples == [
                    directory("\(source):f/e.txt"), directory("\(source):g.png"), directory("\(source):h.txt"),
                ], "\(report.leftOut)")
            #expect(report.unpaired == [directory("\(source):f/e")])
            let corpus = try ShardCorpus(directory: directory("out"))
            let image = try InputFile.contents(of: directory("in/a.png"), limit: 1 << 20)
            for key in ["t/a", "t/c", "t/d"] {
                #expect(try corpus.read(try #require(try corpus.find(key))).image?.bytes == image, "\(key)")
            }
        }
    }

    @Test("archives behind one another, sparse members and devices: all is packed or named")
    func others() throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        try run(
            directory,
            "truncate -s 100000 s.txt; printf 'a sparse text' >> s.txt; mkfifo p.txt; tar cf ../1.tar a.txt b.txt p.txt; "
                + "tar -S -cf ../2.tar s.txt; cat ../1.tar ../2.tar > ../t.tar")
        let (report, texts) = try pack(directory, ["t.tar"], kind: .texts) { $0.maxTextBytes = 1 << 20 }
        #expect(Set(texts.keys) == ["t/a", "t/b", "t/s"])
        #expect(texts["t/s"]?.utf8.count == 100_013 && texts["t/s"]?.hasSuffix("\0a sparse text") == true)
        #expect(report.leftOut[.special] == LeftOut(count: 1, examples: [directory("t.tar:p.txt")]))
    }

    @Test("what is hidden or left behind, captions without an image and other files are counted and named")
    func leftOut() throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        var bytes: [UInt8] = []
        for name in [
            "./a.PNG", "a.TXT", "._a.png", "x/.ipynb_checkpoints/a.png", "__MACOSX/a.png", "Thumbs.db", "LICENSE",
            "b.md",
            "lonely.txt", "c.webp", "c.caption",
        ] {
            let contents = name.hasSuffix("png") || name.hasSuffix("PNG") || name.hasSuffix("webp")
            try Tar.append(
                name: name.hasPrefix("./") ? String(name.dropFirst(2)) : name,
                contents: contents ? fakePNG(20, seed: 1) : Array("a caption".utf8), to: &bytes)
        }
        try directory.put("t.tar", bytes + Tar.end)
        let (report, texts) = try pack(directory, ["t.tar"])
        #expect(texts == ["t/a": "a caption", "t/c": "a caption"])
        #expect(report.leftOut[.hidden]?.count == 4 && report.leftOut[.captionWithoutImage]?.count == 1)
        #expect(report.leftOut[.other]?.examples == [directory("t.tar:LICENSE"), directory("t.tar:b")])
        #expect(report.rejectedCount == 0 && report.unpairedCount == 0)
    }

    @Test("an image under a name that its key does not end before is refused with the names met")
    func dots() throws {
        let directory = try TemporaryDirectory()
        var bytes: [UInt8] = []
        try Tar.append(name: "s1.input.jpg", contents: [0xFF, 0xD8, 0xFF], to: &bytes)
        try Tar.append(name: "s1.input.txt", contents: [65], to: &bytes)
        try directory.put("t.tar", bytes + Tar.end)
        let error = #expect(throws: CorpusError.self) { try pack(directory, ["t.tar"]) }
        guard case .rejected(let sources, 1) = error else { throw Unexpected() }
        #expect(sources[0].reason.contains("it has `input.jpg`, `input.txt`"), "\(sources)")
        #expect(sources[0].reason.contains("first dot"), "\(sources)")
        let texts = #expect(throws: CorpusError.self) { try pack(directory, ["t.tar"], kind: .texts) }
        #expect("\(texts!)".contains("`input.txt`"))
    }

    @Test("names that are not UTF-8 and names that look alike are samples of their own")
    func names() throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        try run(
            directory,
            #"for n in $'caf\xe9' $'caf\xe8' $'caf\xc3\xa9' $'cafe\xcc\x81'; do cp a.png "$n.png"; printf "$n" | base64 > "$n.txt"; done; "#
                + "tar cf ../t.tar caf* && tar --format=pax -cf ../p.tar caf*")
        for source in ["in", "t.tar", "p.tar"] {
            let (report, _) = try pack(directory, [source])
            let corpus = try ShardCorpus(directory: directory("out"))
            let prefix = source == "in" ? "" : "\(source.prefix(1))/"
            for (key, bytes) in [
                ("caf%E9", [0x63, 0x61, 0x66, 0xE9]), ("caf%E8", [0x63, 0x61, 0x66, 0xE8]),
                ("caf\u{E9}", Array("caf\u{E9}".utf8)), ("cafe\u{301}", Array("cafe\u{301}".utf8)),
            ] {
                let found = try #require(try corpus.find(prefix + key), "\(source): \(key)")
                #expect(try corpus.read(found).texts == [Base64.encode(bytes)], "\(source): \(key)")
            }
            #expect(report.samples == (source == "in" ? 6 : 4))
            #expect(try CorpusVerifier(directory: directory("out")).run().isSound)
        }
    }

    @Test("a zip archive is a source as a tar archive is, and going on from any event gives the same ones")
    func zip() throws {
        let directory = try TemporaryDirectory()
        let image = fakePNG(30, seed: 1)
        var members: [(name: String, bytes: [UInt8])] = []
        for number in 0..<9 {
            members += [("d/\(number).png", image), ("__MACOSX/\(number).png", image), ("d/\(number).txt", [65])]
        }
        try directory.put("t.zip", ForeignBytes.zip(members))
        let (report, texts) = try pack(directory, ["t.zip"])
        #expect(texts.count == 9 && report.leftOut[.hidden]?.count == 9)
        try everyPosition(directory, "t.zip", events: 18)
    }

    @Test("going on from any event gives the same ones, with links, hidden files and archives behind one another")
    func resuming() throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        try run(
            directory,
            "ln a.png c.png; ln -s b.txt c.txt; cp a.png ._x.png; cp a.txt lonely.txt; ln -s no.png d.png; cp a.txt d.txt; "
                + "tar cf ../1.tar a.* ._x.png b.png ._x.png b.txt c.* lonely.txt d.*; cat ../1.tar ../1.tar > ../t.tar; "
                + "gzip -k ../t.tar; bzip2 -k ../t.tar")
        for source in ["t.tar", "t.tar.gz", "t.tar.bz2"] { try everyPosition(directory, source, events: 16) }
    }

    private func everyPosition(_ directory: TemporaryDirectory, _ source: String, events wanted: Int) throws {
        let options = PackOptions(kind: .pairs, sources: [directory(source)], output: directory("none"))
        let plan = try PackPlan(options)
        var stream = SourceStream(plan.sources, sizes: plan.sizes)
        var events: [(text: String, position: PackPosition)] = []
        while let (event, position) = try stream.next() { events.append(("\(event)", position)) }
        #expect(events.count == wanted, "\(events.map(\.text))")
        for start in events.indices {
            var again = SourceStream(plan.sources, sizes: plan.sizes, from: events[start].position)
            for follower in events[(start + 1)...] {
                #expect(try again.next().map { "\($0.event)" } == follower.text, "\(source), after event \(start)")
            }
            #expect(try again.next() == nil)
        }
    }

    @Test("members of a sample that do not follow each other: what is missing is said, with what to do")
    func scattered() throws {
        let directory = try TemporaryDirectory()
        try pairs(directory)
        try run(directory, "tar cf ../t.tar a.png b.png a.txt b.txt")
        let error = #expect(throws: CorpusError.self) { try pack(directory, ["t.tar"]) }
        #expect("\(error!)".contains("images without a caption: 2, captions without an image: 2"), "\(error!)")
        #expect("\(error!)".contains("--sort=name"))
    }
}
