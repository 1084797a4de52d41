import Batches
import Runtime
import Storage

@testable import Corpora

extension FuzzParser {
    static let members = [
        FuzzParser("captions-json", seeds: captionListSeeds) { bytes, _ in
            let list = try CaptionList(.init(name: CaptionList.memberName, bytes: bytes))
            try promise(CaptionList(list.member) == list, "captions do not survive")
            _ = try decoder.decode(
                StoredSample(key: "a", members: [.init(name: CaptionList.memberName, bytes: bytes)]), random: key)
        },
        FuzzParser("rewrites-json", seeds: rewriteSeeds) { bytes, _ in
            let list = try RewriteList(annotation(RewriteList.memberName, bytes))
            try promise(
                RewriteList(annotation(RewriteList.memberName, list.member.bytes)) == list, "texts do not survive")
        },
        FuzzParser("neighbours-json", seeds: neighbourSeeds) { bytes, _ in
            let list = try NeighbourList(annotation(NeighbourList.memberName, bytes))
            let again = try NeighbourList(annotation(NeighbourList.memberName, list.member.bytes))
            try promise(again == list, "neighbours do not survive")
        },
        FuzzParser("sample-json", seeds: sampleSeeds) { bytes, _ in
            try check(StoredSample(key: "a", members: [.init(name: "json", bytes: bytes)]))
        },
        FuzzParser("sample-text", seeds: sampleSeeds) { bytes, _ in
            try check(StoredSample(key: "a", members: [.init(name: "txt", bytes: bytes)]))
        },
        FuzzParser("npy", seeds: arraySeeds) { bytes, _ in
            if let scalar = try? NumpyArray(scalar: bytes, name: "x") {
                try promise(scalar.floats.count == 1 && scalar.integers.count == 1, "\(scalar.shape)")
            }
            let array = try NumpyArray(bytes, name: "x")
            try promise(array.floats.count == array.count && array.integers.count == array.count, "\(array.shape)")
            try promise(NumpyArray(array.bytes, name: "x") == array, "the array does not survive")
            if array.shape.count == 2 { try promise(array.transposed.transposed == array, "\(array.shape)") }
        },
        FuzzParser("regions-json", seeds: descriptorSeeds) { bytes, _ in
            let arrays = regionArrays.dropFirst().map { $0 }
            let members = [StoredSample.Member(name: RegionSet.descriptorName, bytes: bytes)] + arrays
            _ = try RegionSet(StoredSample(key: "a", members: members)).members
        },
        FuzzParser("regions-npy", seeds: featureSeeds) { bytes, _ in
            let members = regionArrays.map { $0.name == "features.npy" ? .init(name: $0.name, bytes: bytes) : $0 }
            let regions = try RegionSet(StoredSample(key: "a", members: members))
            _ = regions.halved.members
        },
        FuzzParser("zip", maxLength: 8192, seeds: zipSeeds) { bytes, scratch in
            try readArchive(scratch.put("a.zip", bytes), .zip)
        },
        FuzzParser("region-archive", maxLength: 8192, seeds: regionArchiveSeeds) { bytes, scratch in
            _ = try RegionArchive.regions(path: scratch.put("a.npz", bytes)).members
        },
    ]

    private static func annotation(_ name: String, _ bytes: [UInt8]) -> StoredSample {
        StoredSample(key: "a", members: [.init(name: name, bytes: bytes)])
    }

    private static let key = RandomKey(seed: 1, purpose: .masking)
    private static let decoder = SampleDecoder(
        needs: SampleNeeds(maxTokens: 8), prepare: { _, _ in },
        tokenize: { text in
            let words = text.split(whereSeparator: \.isWhitespace)
            return (words.map { Int32(truncatingIfNeeded: $0.utf8.count) }, words.map { _ in true })
        })

    /// What the loader and what `corpus verify` make of a sample.
    private static func check(_ sample: StoredSample) throws {
        var (findings, digests) = (CorpusFindings(limit: 10), ContentCheck.Digests())
        ContentCheck(limits: ContentLimits()).run(
            sample, number: 0, place: "sample", findings: &findings, digests: &digests)
        _ = try sample.texts
        _ = try decoder.decode(sample, random: key)
    }

    /// The members of a sample of two regions.
    private static let regionArrays = RegionSet(
        width: 64, height: 48, features: NumpyArray([1, 2, 3, 4, 5, 6], shape: [2, 3]),
        boxes: NumpyArray([0, 0, 10, 10, 5, 5, 20, 20], shape: [2, 4])
    ).members
}

extension FuzzParser {
    private static func captionListSeeds() -> [Seed] {
        [
            Seed("two", #"["one","two \u00e9 \ud83d\ude42"]"#), Seed("none", "[]"), Seed("numbers", "[1, null]"),
            Seed("deep", String(repeating: "[", count: 600)),
        ]
    }

    private static func rewriteSeeds() -> [Seed] {
        let list = RewriteList(
            paraphrases: ["a caption"],
            rewritten: [
                .init(text: "a cat", level: .word, kind: .object, replaced: "dog", replacement: "cat"),
                .init(text: "two cats", level: .sentence),
            ])
        return [
            Seed("three", list.member.bytes), Seed("none", #"{"paraphrases":[],"rewritten":[]}"#),
            Seed("level", #"{"paraphrases":[],"rewritten":[{"level":"letter","text":"a"}]}"#),
            Seed("blank", #"{"paraphrases":["\u2003"],"rewritten":[]}"#),
        ]
    }

    private static func neighbourSeeds() -> [Seed] {
        let list = NeighbourList(
            images: [.init(sample: 3, key: "a/b", score: 0.75)], texts: [.init(sample: 0, key: "c", score: -0.1)])
        return [
            Seed("two", list.member.bytes), Seed("none", #"{"images":[],"texts":[]}"#),
            Seed("wide", #"{"images":[{"key":"a","sample":9223372036854775807,"score":1e39}],"texts":[]}"#),
        ]
    }

    private static func sampleSeeds() -> [Seed] {
        [
            Seed("caption", #"{"caption": " a caption ", "width": 1e400, "key": [1.5e-3, true]}"#),
            Seed("null", #"{"caption": null}"#), Seed("utf16", [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]),
            Seed("blanks", "\u{2003}\n\t\u{3000}"), Seed("combining", "e\u{0301}\u{200D}\u{0600}"),
        ]
    }

    private static func arraySeeds() -> [Seed] {
        func header(_ type: String, _ shape: String, fortran: String = "False") -> String {
            "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': (\(shape)), }"
        }
        let eight = [UInt8](0..<8)
        return [
            Seed("floats", NumpyArray([1, 2, 3, 4, 5, 6], shape: [2, 3]).bytes),
            Seed("halves", NumpyArray([1, 2], shape: [2], halved: true).bytes),
            Seed("integers", NumpyArray([1, -2]).bytes),
            Seed("scalar", SeedBytes.npy(header("<f8", ""), eight)),
            Seed("sideways", SeedBytes.npy(header(">i2", "2, 2", fortran: "True"), eight)),
            Seed("overflowing", SeedBytes.npy(header("<f4", "9223372036854775807, 0"))),
            Seed("endless", SeedBytes.npy(header("|u1", "0, 9223372036854775807", fortran: "True"))),
            Seed("negative", SeedBytes.npy(header("<f4", "-1, -4"), eight)),
            Seed("objects", SeedBytes.npy(header("|O", "2,"))),
        ]
    }

    private static func descriptorSeeds() -> [Seed] {
        [
            Seed("two", #"{"boxes":2,"height":48,"width":64}"#),
            Seed("other", #"{"boxes":3,"height":1e39,"width":-1}"#),
        ]
    }

    private static func featureSeeds() -> [Seed] {
        arraySeeds() + [Seed("infinite", NumpyArray([1, .infinity, 3, 4], shape: [2, 2]).bytes)]
    }

    private static func zipSeeds() -> [Seed] {
        let stored = SeedBytes.zip([("a.txt", Array("contents".utf8)), ("b", [])])
        var wide = stored
        // The extension for large files: a record of 56 bytes, its locator, then the list's usual end.
        let end = stored.count - 22
        let start = Array(stored[(end + 16)..<(end + 20)]) + [0, 0, 0, 0]
        let record =
            [0x50, 0x4B, 6, 6] + SeedBytes.little(UInt64(44)) + [45, 0, 45, 0] + [UInt8](repeating: 0, count: 8)
            + SeedBytes.little(UInt64(2)) + SeedBytes.little(UInt64(2))
            + Array(stored[(end + 12)..<(end + 16)]) + [0, 0, 0, 0] + start
        let locator = [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + SeedBytes.little(UInt64(end)) + [1, 0, 0, 0]
        wide.insert(contentsOf: record + locator, at: end)
        return [Seed("stored", stored), Seed("zip64", wide), Seed("none", SeedBytes.zip([]))]
    }

    private static func regionArchiveSeeds() -> [Seed] {
        let features = NumpyArray([1, 2, 3, 4, 5, 6], shape: [2, 3]).bytes
        let boxes = NumpyArray([0, 0, 10, 10, 0, 5, 5, 20, 20, 0], shape: [2, 5]).bytes
        let size = NumpyArray([64], shape: [1]).bytes
        let fractions = NumpyArray([0, 0, 0.5, 0.5, 0, 0, 1, 1], shape: [2, 4]).bytes
        let sideways = NumpyArray([1, 2, 3, 4, 5, 6], shape: [3, 2]).bytes
        return [
            Seed(
                "pixels",
                SeedBytes.zip([("x.npy", features), ("bbox.npy", boxes), ("image_w.npy", size), ("image_h.npy", size)])),
            Seed(
                "fractions",
                SeedBytes.zip([
                    ("features.npy", sideways), ("norm_bb.npy", fractions), ("num_bbox.npy", NumpyArray([1]).bytes),
                    ("conf.npy", NumpyArray([0.5, 0.5], shape: [2]).bytes),
                    ("objects_id.npy", NumpyArray([1, 2]).bytes),
                ])),
            Seed("nothing", SeedBytes.zip([("y.npy", features)])),
        ]
    }
}
