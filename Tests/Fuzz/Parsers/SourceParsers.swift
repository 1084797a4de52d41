import Storage

@testable import Corpora

extension FuzzParser {
    static let sources = [
        source("source-tar-texts", .texts, .webdataset, "a.tar", archiveSeeds),
        source("source-tar-pairs", .pairs, .webdataset, "a.tar", pairArchiveSeeds),
        source("source-zip-pairs", .pairs, .automatic, "a.zip", zipSeeds),
        source("source-tar-regions", .regions, .webdataset, "a.tar", regionArchiveSeeds) { $0.halvesFeatures = true },
        source("source-img2dataset", .pairs, .img2dataset, "00000.tar", pairArchiveSeeds),
        source("source-jsonl-texts", .texts, .jsonl, "a.jsonl", lineSeeds),
        source("source-jsonl-pairs", .pairs, .jsonl, "a.jsonl", lineSeeds),
        source("source-csv", .texts, .csv, "a.csv", commaSeeds),
        source("source-tsv", .pairs, .tsv, "a.tsv", tabSeeds),
        source("source-karpathy", .pairs, .karpathy, "a.json", splitSeeds),
        source("source-text-lines", .texts, .text, "a.txt", documentSeeds) { $0.textUnit = .lines },
        source("source-text-paragraphs", .texts, .text, "a.txt", documentSeeds) { $0.textUnit = .paragraphs },
        source("source-region-table", .regions, .bottomUpTSV, "a.tsv", regionTableSeeds),
        source("source-automatic-texts", .texts, .automatic, "a", automaticSeeds),
        source("source-automatic-pairs", .pairs, .automatic, "a", automaticSeeds),
        source("source-automatic-regions", .regions, .automatic, "a", automaticSeeds),
        source("sidecar-text", .pairs, .images, "a.txt", sidecarSeeds, opening: "a.png"),
        source("sidecar-json", .pairs, .images, "a.json", sidecarSeeds, opening: "a.png"),
    ]

    /// Samples after which a small file has surely gone wrong.
    private static let eventLimit = 100_000

    /// Reads the input as a source, to its end, with every sample in it.
    /// - Parameter opening: the file that is named as the source, where it is not the input.
    private static func source(
        _ name: String, _ kind: CorpusKind, _ format: SourceFormat, _ file: String,
        _ seeds: @escaping @Sendable () throws -> [Seed], opening opened: String? = nil,
        _ configure: @escaping @Sendable (inout PackOptions) -> Void = { _ in }
    ) -> FuzzParser {
        FuzzParser(name, maxLength: 8192, seeds: seeds) { bytes, scratch in
            try scratch.put("a.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            try scratch.put(file, bytes)
            var options = PackOptions(kind: kind, sources: [scratch(opened ?? file)], output: scratch("out"))
            options.format = format
            options.maxTextBytes = 64
            configure(&options)
            try read(options)
        }
    }

    private static func read(_ options: PackOptions) throws {
        let plan = try PackPlan(options)
        var stream = SourceStream(plan.sources, sizes: plan.sizes)
        var (events, read, refused) = (0, 0, nil as String?)
        while let (event, position) = try stream.next() {
            events += 1
            try promise(events < eventLimit, "\(events) samples in so small a file, now at \(position)")
            switch event {
            case .item(let item):
                do {
                    _ = try ArchivedSample(item.load(transform: nil))
                    read += 1
                } catch {
                    guard isRejection(error) else { throw error }
                    refused = "\(error)"
                }
            case .rejected(let source): refused = source.reason
            case .leftOut(let reason, let path): refused = "\(path): \(reason.words)"
            case .unpaired(let path): refused = "no caption for \(path)"
            }
        }
        if read == 0, let refused { throw SampleRejection(description: refused) }
    }

    private static func isRejection(_ error: any Error) -> Bool {
        error is SampleRejection || error is StorageError || error is MemberError || error is FailedDownload
    }
}

extension FuzzParser {
    private static func image(_ name: String) throws -> [UInt8] {
        try SeedBytes.entry("0", name, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }

    private static func archiveSeeds() throws -> [Seed] {
        let plain = try SeedBytes.tar([("part/1.txt", "one"), ("part/1.json", "{}"), ("part/2.txt", "two\n")])
        let long = Array((String(repeating: "long/", count: 30) + "name.txt\0").utf8)
        let record = Array("22 path=folder/p.txt\n".utf8)
        let pax = Array("\(record.count) path=folder/p.txt\n".utf8) + Array("11 size=3\n\n".utf8)
        let huge: [UInt8] = [0x80, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0]
        return [
            Seed("plain", plain), Seed("gzip", SeedBytes.gzip(plain)),
            Seed("zstd", FrameCompressor().compress(plain)),
            Seed(
                "gnu", try SeedBytes.entry("L", "LongLink", long) + SeedBytes.entry("0", "x", [65]) + Tar.end),
            Seed("pax", try SeedBytes.entry("x", "p", pax) + SeedBytes.entry("0", "x", [65, 66, 67]) + Tar.end),
            Seed("links", try SeedBytes.entry("5", "d", []) + SeedBytes.entry("2", "l", []) + plain),
            Seed("huge", try SeedBytes.entry("0", "a.txt", [65], size: huge)),
            Seed("zip", SeedBytes.zip([("a.txt", [65])])),
        ]
    }

    private static func pairArchiveSeeds() throws -> [Seed] {
        let status = Array(#"{"status":"success","caption":"c"}"#.utf8)
        let failed = Array(#"{"status":"failed_to_download"}"#.utf8)
        return [
            Seed(
                "text", try image("a.png") + SeedBytes.entry("0", "a.txt", Array("text".utf8)) + image("b.png")),
            Seed("json", try image("a.png") + SeedBytes.entry("0", "a.json", status) + Tar.end),
            Seed("failed", try image("a.png") + SeedBytes.entry("0", "a.json", failed) + Tar.end),
            Seed(
                "captions",
                try image("a.png") + SeedBytes.entry("0", "a.captions.json", Array(#"["a","b",""]"#.utf8)) + Tar.end),
        ]
    }

    private static func regionArchiveSeeds() throws -> [Seed] {
        let regions = RegionSet(
            width: 64, height: 48, features: NumpyArray([1, 2, 70_000, 4], shape: [2, 2]),
            boxes: NumpyArray([0, 0, 10, 10, 5, 5, 20, 20], shape: [2, 4]))
        var half = regions
        half.features = NumpyArray([1, 2, 3, 4], shape: [2, 2])
        func archive(_ regions: RegionSet) throws -> [UInt8] {
            try regions.members.flatMap { try SeedBytes.entry("0", "a.\($0.name)", $0.bytes) } + Tar.end
        }
        return [Seed("whole", try archive(half)), Seed("beyond-half", try archive(regions))]
    }

    private static func zipSeeds() throws -> [Seed] {
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let text = Array("text".utf8)
        return [
            Seed("pair", SeedBytes.zip([("a.png", png), ("a.txt", text), ("__MACOSX/._a.png", png)])),
            Seed("none", SeedBytes.zip([("a.txt", text), ("README", text)])), Seed("empty", SeedBytes.zip([])),
        ]
    }

    private static func lineSeeds() -> [Seed] {
        [
            Seed("texts", #"{"key":"a/b","text":"t\u00e9","image":"a.png"}"# + "\n\n" + #"{"text":"a.b"}"# + "\n"),
            Seed("captions", #"{"key":1,"caption":["a","b"],"image":"a.png","x":{"y":[1e9,null]}}"#),
            Seed("mark", "\u{FEFF}{\"text\":\"" + String(repeating: "A sentence. ", count: 20) + "\"}\r\n[]\n"),
            Seed("deep", String(repeating: "[", count: 600) + "\n" + String(repeating: #"{"a":"#, count: 600)),
        ]
    }

    private static func commaSeeds() -> [Seed] {
        [
            Seed("quotes", "key,text\n1,\"a, \"\"b\"\"\nc\"\r\n2,d\r\n,\n"), Seed("open", "text\n\"never closed\n\n"),
            Seed("twice", "text,text\na,b\n"), Seed("one-column", "caption\na\n\"\"\n"),
        ]
    }

    private static func tabSeeds() -> [Seed] {
        [
            Seed("pairs", "image\tcaption\tkey\na.png\tone\t1\n/none.png\ttwo\t2\na.png\n"),
            Seed("header-only", "image\ttext\n"), Seed("wrong", "a\tb\n1\t2\n"),
        ]
    }

    private static func splitSeeds() -> [Seed] {
        [
            Seed(
                "two",
                #"{"dataset": "coco", "images": [{"filename": "a.png", "filepath": "", "split": "train", "sentences": "#
                    + #"[{"raw": "a"}, {"raw": "b \"c\"\n"}]}, {"filename": "none.png", "sentences": []}]}"#),
            Seed("other-lists", #"{"x": {"images": []}, "y": "]", "images": [{"filename": "a.png", "sentences": 1}]}"#),
            Seed("deep", #"{"images": [{"filename": "# + String(repeating: "[", count: 600)),
            Seed("no-list", #"{"images": {}, "x": 1}"#),
        ]
    }

    private static func documentSeeds() -> [Seed] {
        let long = (0..<12).map { "Sentence \($0) is — été — 犬。 " }.joined()
        return [
            Seed("paragraphs", "\u{FEFF}one\ntwo\n\n\n" + long + "\n \nthree"), Seed("lines", "one\r\ntwo\n" + long),
            Seed("no-blanks", String(repeating: "犬", count: 100)), Seed("invalid", [0x61, 10, 0xFF, 10, 0x62, 10]),
            Seed("gzip", SeedBytes.gzip(Array("one\n\ntwo\n".utf8))),
        ]
    }

    private static func regionTableSeeds() -> [Seed] {
        let boxes = SeedBytes.base64(NumpyArray([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4]).data)
        let features = SeedBytes.base64(NumpyArray([1, 2, 3, 4], shape: [2, 2]).data)
        let sure = SeedBytes.base64(NumpyArray([0.5, 1], shape: [2]).data)
        let ids = SeedBytes.base64([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
        let named = "features\tboxes\tnum_boxes\timage_w\timage_h\timage_id\r\n"
        return [
            Seed("six", "7\t640\t480\t2\t\(boxes)\t\(features)\n8\t640\t480\t2\t\(boxes)\t\(features)\n"),
            Seed("ten", "x\t480\t640\t\(ids)\t\(sure)\t\(ids)\t\(sure)\t2\t\(boxes)\t\(features)\n"),
            Seed("named", named + "\(features)\t\(boxes)\t2\t640\t480\t7\r\n"),
            Seed("absurd", "7\t1e39\tnan\t99999999999\tAAAA\tAA=A\n7\t640\t480\t-0\t\(boxes)\t\(features)\n"),
        ]
    }

    private static func automaticSeeds() throws -> [Seed] {
        var old = try SeedBytes.tar([("a.txt", "one")])
        // The old format has no mark, and the sum is another.
        for place in 257..<265 { old[place] = 0 }
        let sum = old[..<148].reduce(8 * 32) { $0 + Int($1) } + old[156..<512].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        old.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8))
        let arrays = [
            ("x.npy", NumpyArray([1, 2], shape: [1, 2]).bytes),
            ("norm_bb.npy", NumpyArray([0, 0, 0.5, 1], shape: [1, 4]).bytes),
        ]
        return [
            Seed("old-tar", old), Seed("text", "one\n\ntwo\n"), Seed("parquet", "PAR1x"),
            Seed("json", "{\"text\": \"a\", \"image\": \"a.png\"}\n"),
            Seed("split", "{\"images\": [{\"sentences\": []}],\n \"x\": 1}"),
            Seed("tabs", "7\t640\t480\t2\tAAAA\tAAAA\n"), Seed("zip", SeedBytes.zip(arrays)),
            Seed("png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), Seed("gzip", SeedBytes.gzip([])),
        ]
    }

    private static func sidecarSeeds() -> [Seed] {
        [
            Seed("text", " a caption \nmore"), Seed("translation", "de.utf8=eine Katze\n"), Seed("empty", ""),
            Seed("json", #"{"captions": ["a", " "], "caption": "b", "text": null}"#), Seed("null", "{\"text\": null}"),
        ]
    }
}
