import Rehearsal
import Storage
import Testing

@testable import Corpora

@Suite struct SourceFormatTests {
    private func rows(
        _ kind: CorpusKind, _ name: String, _ text: String, _ change: (inout PackOptions) -> Void = { _ in }
    )
        throws -> [String: String]
    {
        let directory = try TemporaryDirectory()
        try directory.put(name, text)
        var options = PackOptions(kind: kind, sources: [directory(name)], output: directory("out"))
        change(&options)
        _ = try PackJob(options).run()
        let corpus = try ShardCorpus(directory: directory("out"))
        var found: [String: String] = [:]
        for number in 0..<corpus.count {
            let sample = try corpus.read(number)
            found[sample.key] = try sample.texts.joined(separator: "|")
        }
        return found
    }

    @Test("quotes of CSV: commas, doubled quotes, line breaks, blank lines, CRLF, an end without a line break")
    func commaSeparated() throws {
        let text = "\u{FEFF}key,text\r\na,\"x, \"\"y\"\"\r\nz\"\r\n\r\nb,\"\"\"q\"\"\"\nc,un\"quoted\nd,\"last\""
        #expect(
            try rows(.texts, "t.csv", text) == ["a": "x, \"y\"\r\nz", "b": "\"q\"", "c": "un\"quoted", "d": "last"])
    }

    @Test("bad rows of CSV are named with what is wrong, and the next row is read")
    func badRows() throws {
        let directory = try TemporaryDirectory()
        try directory.put("t.csv", "key,text\na,\"x\"y\nb,1,2\nc,fine\nd,\"open\ne,f\n")
        var options = PackOptions(kind: .texts, sources: [directory("t.csv")], output: directory("out"))
        options.skipBad = true
        let report = try PackJob(options).run()
        #expect(
            report.rejected.map(\.description) == [
                "\(directory("t.csv")):2: `y` after a closing quote",
                "\(directory("t.csv")):3: 3 fields where there are 2 columns",
                "\(directory("t.csv")):5: a quote that is never closed",
            ])
        #expect(report.samples == 1)
    }

    @Test("a table without the column that is needed says which columns it has")
    func missingColumn() throws {
        let error = #expect(throws: CorpusError.self) { _ = try rows(.texts, "t.tsv", "a\tb\n1\t2\n") }
        #expect("\(error!)".contains("expected a column `text` or `caption` for the text, found `a`, `b`"))
        #expect(
            try rows(.texts, "t.tsv", "a\tb\n1\t\"2\n") { $0.columns = ColumnNames("text=b,key=a")! } == ["1": "\"2"])
        #expect(ColumnNames("text=") == nil && ColumnNames("sound=a") == nil && ColumnNames("text=a,text=b") == nil)
    }

    @Test("several captions stay together, and their member reads back")
    func captions() throws {
        let list = CaptionList(["a / b", "日本", "\"q\""])
        #expect(String(decoding: list.member.bytes, as: UTF8.self) == #"["a / b","日本","\"q\""]"#)
        #expect(try CaptionList(list.member) == list)
        for bad in ["", "[]", "{}", "[1]", "[\"a\"", "null"] {
            #expect(throws: MemberError.self) {
                try CaptionList(.init(name: CaptionList.memberName, bytes: Array(bad.utf8)))
            }
        }
    }

    @Test("regions survive their members; half precision rounds as it should, and each defect is named")
    func regions() throws {
        var regions = RegionSet(
            width: 640, height: 480.5, features: NumpyArray([1, -2.5, 0.1, 1000, 5, 6], shape: [2, 3]),
            boxes: NumpyArray([0, 0, 10, 20, 5, 5, 640, 480], shape: [2, 4]))
        regions.classIDs = NumpyArray([7, 9])
        regions.classes = NumpyArray([0.25, 0.75, 1, 0], shape: [2, 2])
        let sample = StoredSample(key: "k", members: regions.members)
        #expect(try RegionSet(sample) == regions)
        #expect(String(decoding: sample.members[0].bytes, as: UTF8.self) == #"{"boxes":2,"height":480.5,"width":640}"#)
        #expect(regions.halved.features.floats == [1, -2.5, Float(Float16(0.1)), 1000, 5, 6])
        #expect(try RegionSet(sample).classIDs?.integers == [7, 9])
        for (name, array, words) in [
            ("boxes.npy", NumpyArray([0, 0, 1, 1], shape: [1, 4]), "(2, 4)"),
            ("boxes.npy", NumpyArray([9, 0, 1, 1, 0, 0, 1, 1], shape: [2, 4]), "left ≤ right"),
            ("features.npy", NumpyArray([.nan, 0], shape: [2, 1]), "finite"),
            ("class_ids.npy", NumpyArray([1, 2, 3]), "(2)"),
        ] {
            var broken = sample
            broken.members.removeAll { $0.name == name }
            broken.members.append(.init(name: name, bytes: array.bytes))
            let error = #expect(throws: MemberError.self) { try RegionSet(broken) }
            #expect("\(error!)".contains(words) && error!.member == name, "\(error!)")
        }
    }

    @Test("files are told by their contents, whatever they are called")
    func detection() throws {
        let directory = try TemporaryDirectory()
        var archive: [UInt8] = []
        try Tar.append(name: "a.txt", contents: [65], to: &archive)
        let cases: [(String, CorpusKind, [UInt8], FileFormat)] = [
            ("x1", .texts, archive + Tar.end, .archive),
            ("x2", .texts, FrameCompressor().compress(archive + Tar.end), .archive),
            ("x3", .texts, Array("{\"text\": \"a\"}\n{\"text\": \"b\"}".utf8), .jsonLines),
            ("x4", .pairs, Array("{\"images\": [{\"sentences\": []}]}".utf8), .karpathy),
            ("x5", .pairs, fakePNG(20, seed: 1), .image),
            ("x6", .regions, [0x50, 0x4B, 3, 4, 0], .regionArchive),
            ("x6", .texts, [0x50, 0x4B, 3, 4, 0], .archive),
            ("x7.tsv", .texts, Array("a\tb".utf8), .tabSeparated),
            ("x8.csv", .texts, Array("a,b".utf8), .commaSeparated),
            ("x9", .regions, Array("1\t2\t3".utf8), .regionTable),
            ("y1", .texts, Array("plain".utf8), .text),
        ]
        for (name, kind, bytes, wanted) in cases {
            try directory.put(name, bytes)
            #expect(try FileFormat(named: directory(name), format: .automatic, kind: kind) == wanted, "\(name)")
        }
        let error = #expect(throws: CorpusError.self) {
            try FileFormat(named: directory("x5"), format: .automatic, kind: .texts)
        }
        #expect("\(error!)".contains("can be packed as images, pairs, not as texts"))
    }

    @Test("keys by hash: ten thousand are told apart, and none is forgotten")
    func keySet() {
        var keys = KeySet()
        let new = (0..<10_000).count { keys.insert("key/\($0)") }
        let isAgainNew = keys.insert("key/77")
        #expect(new == 10_000 && keys.count == 10_000 && !isAgainNew)
        #expect(keys.contains("key/9999") && !keys.contains("key"))
    }
}
