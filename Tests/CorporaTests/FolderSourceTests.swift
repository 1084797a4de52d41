import Glibc
import Rehearsal
import Runtime
import Storage
import Testing

@testable import Corpora

/// Folders: the rules they share with archives, and links.
@Suite struct FolderSourceTests {
    private struct Unexpected: Error {}

    private func pack(
        _ directory: TemporaryDirectory, _ sources: [String], _ change: (inout PackOptions) -> Void = { _ in }
    ) throws -> (report: PackReport, texts: [String: String]) {
        try Directory.remove(directory("out"))
        var options = PackOptions(kind: .pairs, sources: sources.map { directory($0) }, output: directory("out"))
        change(&options)
        let report = try PackJob(options).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        var texts: [String: String] = [:]
        for number in 0..<corpus.count {
            let sample = try corpus.read(number)
            texts[sample.key] = try sample.texts.joined(separator: "|")
        }
        return (report, texts)
    }

    @Test("captions in .txt, .text, .caption, .json and .captions.json of any case; the first of them counts")
    func sidecars() throws {
        let directory = try TemporaryDirectory()
        for name in ["a.PNG", "b.png", "c.png", "d.png", "e.png", "f.png"] {
            try directory.put("in/\(name)", fakePNG(20, seed: 1))
        }
        for (name, text) in [
            ("a.TXT", "a"), ("b.Caption", "b\nmore"), ("c.text", "c"), ("d.JSON", #"{"caption": "d"}"#),
            ("e.captions.json", #"["e", "f"]"#), ("f.json", #"{"caption": "no"}"#), ("f.txt", "f"),
        ] { try directory.put("in/\(name)", text) }
        let (report, texts) = try pack(directory, ["in"])
        #expect(texts == ["a": "a", "b": "b", "c": "c", "d": "d", "e": "e|f", "f": "f"])
        #expect(report.leftOut.isEmpty && report.sources[0].passedOver.isEmpty, "\(report)")
        try directory.put("in/a.txt", "another")
        let error = #expect(throws: CorpusError.self) { try pack(directory, ["in"]) }
        #expect("\(error!)".contains("`a.TXT` and `a.txt`"), "\(error!)")
        // An image that is named itself has its caption, too.
        #expect(try pack(directory, ["in/b.png"]).texts == ["b": "b"])
    }

    @Test("what is hidden or left behind, captions without an image, pipes: counted and named, as in an archive")
    func leftOut() throws {
        let directory = try TemporaryDirectory()
        for name in ["a.png", "._a.png", ".ipynb_checkpoints/a.png", "sub/.git/x.png", "__MACOSX/a.png"] {
            try directory.put("in/\(name)", fakePNG(20, seed: 1))
        }
        for name in ["a.txt", "lonely.txt", "Thumbs.db", "notes.caption"] { try directory.put("in/\(name)", "text") }
        #expect(mkfifo(directory("in/pipe.png"), 0o644) == 0)
        let (report, texts) = try pack(directory, ["in"])
        #expect(texts == ["a": "text"])
        #expect(
            report.leftOut[.hidden]?.examples.map { String($0.dropFirst(directory("in/").utf8.count)) } == [
                "._a.png", ".ipynb_checkpoints/", "Thumbs.db", "__MACOSX/", "sub/.git/",
            ])
        #expect(
            report.leftOut[.captionWithoutImage]
                == LeftOut(count: 2, examples: [directory("in/lonely.txt"), directory("in/notes.caption")]))
        #expect(report.leftOut[.special]?.count == 1)
    }

    @Test("links to folders are followed, loops are noticed, and a corpus may not lie where a link leads")
    func links() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/a.png", fakePNG(20, seed: 1))
        try directory.put("in/a.txt", "a")
        try directory.put("elsewhere/deep/b.png", fakePNG(20, seed: 2))
        try directory.put("elsewhere/deep/b.txt", "b")
        #expect(symlink(directory("elsewhere"), directory("in/linked")) == 0)
        #expect(symlink(directory("in"), directory("in/round")) == 0)
        #expect(symlink("..", directory("elsewhere/deep/up")) == 0)
        #expect(symlink(directory("in/a.png"), directory("in/c.png")) == 0)
        #expect(symlink("a.txt", directory("in/c.txt")) == 0)
        let (report, texts) = try pack(directory, ["in"])
        #expect(texts == ["a": "a", "c": "a", "linked/deep/b": "b"])
        #expect(
            report.leftOut[.linkLoop]
                == LeftOut(count: 2, examples: [directory("in/linked/deep/up/"), directory("in/round/")]))
        let error = #expect(throws: CorpusError.self) {
            try pack(directory, ["in"]) { $0.output = directory("elsewhere/out") }
        }
        guard case .insideSource = error else { throw Unexpected() }
    }

    @Test("img2dataset's folder: a failed download without its image is counted, a success without one is bad")
    func records() throws {
        let directory = try TemporaryDirectory()
        try directory.put("in/00000/1.jpg", [0xFF, 0xD8, 0xFF])
        try directory.put("in/00000/1.txt", "one")
        try directory.put("in/00000/1.json", #"{"status": "success"}"#)
        try directory.put("in/00000/2.json", #"{"status": "failed_to_download"}"#)
        try directory.put("in/00000/3.json", #"{"status": "success"}"#)
        try directory.put("in/00000_stats.json", "{}")
        let (report, texts) = try pack(directory, ["in"]) { $0.skipBad = true }
        #expect(texts == ["00000/1": "one"] && report.failedDownloads == 1 && report.rejectedCount == 1)
        #expect(report.rejected[0].path == directory("in/00000/3.json"))
    }

    @Test("captions with a byte order mark, with Windows' line ends, and in UTF-16")
    func encodings() throws {
        let directory = try TemporaryDirectory()
        for name in ["a", "b", "c"] { try directory.put("in/\(name).png", fakePNG(20, seed: 1)) }
        try directory.put("in/a.txt", "\u{FEFF}a caption\r\nde.utf8=x\r\n")
        try directory.put("in/b.json", "\u{FEFF}{\"caption\": \"b\"}\r\n")
        try directory.put("in/c.txt", [0xFF, 0xFE] + "c".utf16.flatMap { [UInt8($0), 0] })
        let (report, texts) = try pack(directory, ["in"]) { $0.skipBad = true }
        #expect(texts == ["a": "a caption", "b": "b"])
        #expect(report.rejected.count == 1 && report.rejected[0].reason.contains("UTF-16"), "\(report.rejected)")
        #expect(report.rejected.allSatisfy { $0.reason.contains("iconv -f UTF-16 -t UTF-8") })
        var archive: [UInt8] = []
        for name in ["a.png", "a.txt", "b.png", "b.json", "c.png", "c.txt"] {
            let bytes = try InputFile.contents(of: directory("in/\(name)"), limit: 1 << 20)
            try Tar.append(name: name, contents: bytes, to: &archive)
        }
        try directory.put("t.tar", archive + Tar.end)
        let packed = try pack(directory, ["t.tar"]) { $0.skipBad = true }
        #expect(packed.texts == ["t/a": "a caption\nde.utf8=x", "t/b": "b"])
        #expect(packed.report.rejected.map(\.reason).allSatisfy { $0.contains("UTF-16") })
    }

    @Test("sources of one name get as many folders in front as tell them apart; the same one twice is refused")
    func prefixes() throws {
        let directory = try TemporaryDirectory()
        for place in ["a/train", "b/train", "c/x/train", "c/y/train", "val"] {
            try directory.put("\(place)/0.png", fakePNG(20, seed: 1))
            try directory.put("\(place)/0.txt", place)
        }
        let (_, texts) = try pack(directory, ["a/train", "b/train", "val", "c/x/train", "c/y/train"])
        #expect(
            texts == [
                "a/train/0": "a/train", "b/train/0": "b/train", "val/0": "val", "x/train/0": "c/x/train",
                "y/train/0": "c/y/train",
            ])
        let error = #expect(throws: CorpusError.self) { try pack(directory, ["a/train", "b/../a/train"]) }
        guard case .equalSources = error else { throw Unexpected() }
        #expect(error?.exitCode == .usage)
        try directory.put("d/t.jsonl", #"{"image": "../val/0.png", "text": "lines"}"#)
        try directory.put("d/t/0.png", fakePNG(20, seed: 1))
        try directory.put("d/t/0.txt", "folder")
        #expect(Set(try pack(directory, ["d/t", "d/t.jsonl"]).texts.values) == ["lines", "folder"])
    }

    @Test("tables name files by their bytes; compressed ones of every kind are told by their contents")
    func tables() throws {
        let directory = try TemporaryDirectory()
        let made = shell(
            #"cd \#(directory.path) && printf '\x89PNG\r\n\x1a\n1' > $'caf\xe9.png' && printf 'image\ttext\ncaf\xe9.png\ta caption\n' > t.tsv && xz -k t.tsv && bzip2 -k t.tsv"#
        )
        #expect(made.code == 0, "\(made.output)")
        for source in ["t.tsv", "t.tsv.xz", "t.tsv.bz2"] {
            #expect(try pack(directory, [source]).texts == ["t/00000000": "a caption"], "\(source)")
        }
        try directory.put("u.bin", [1, 2, 3, 4])
        let error = #expect(throws: CorpusError.self) { try pack(directory, ["u.bin"]) }
        #expect("\(error!)".contains("first bytes are 01 02 03 04"), "\(error!)")
    }
}
