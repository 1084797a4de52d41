import Rehearsal
import Runtime
import Storage
import Synchronization
import Testing
import Vision

@testable import Corpora

@Suite struct ValidationTests {
    /// A sound PNG of its own for every seed.
    private func picture(_ seed: Int, side: Int = 20) throws -> [UInt8] {
        let rgb = (0..<3 * side * side).map { UInt8(truncatingIfNeeded: $0 * (seed + 3)) }
        return try encodePNG(DecodedImage(width: side, height: side, rgb: rgb))
    }

    private func pair(_ number: Int, png: [UInt8]? = nil, txt: [UInt8]? = nil) throws -> StoredSample {
        StoredSample(
            key: "sample-\(number)",
            members: [
                .init(name: "png", bytes: try png ?? picture(number)),
                .init(name: "txt", bytes: txt ?? Array("caption \(number)".utf8)),
            ])
    }

    private func verify(
        _ samples: [StoredSample], kind: CorpusKind = .pairs, workers: Int = 2, examples: Int = 10
    ) throws -> CorpusVerification {
        let directory = try TemporaryDirectory()
        try write(samples, kind: kind, to: directory("c"))
        return try CorpusVerifier(
            directory: directory("c"), workers: workers, contents: ContentLimits(), examples: examples
        ).run()
    }

    private func write(_ samples: [StoredSample], kind: CorpusKind = .pairs, to path: String) throws {
        var layout = CorpusWriter.Layout(kind: kind)
        layout.frameSize = 4 << 10
        layout.shardSize = 16 << 10
        let pool = WorkerPool(threads: 2)
        defer { pool.stop() }
        let writer = try CorpusWriter(directory: path, kind: kind, layout: layout, pool: pool)
        for sample in samples { try writer.append(sample) }
        try writer.finish()
    }

    @Test("a corpus in order has no findings")
    func sound() throws {
        let found = try verify((0..<60).map { try pair($0) })
        #expect(found.isSound && found.findings.kinds.isEmpty && found.samples == 60)
    }

    @Test("each fault in a sample is found, named with its key, and makes the corpus unsound")
    func faults() throws {
        let cut = Array(try picture(1).dropLast(30))
        let cases: [(CorpusFinding.Kind, StoredSample)] = [
            (.brokenImage, try pair(7, png: cut)), (.brokenImage, try pair(7, png: Array("no image".utf8))),
            (.invalidUTF8, try pair(7, txt: [0x61, 0xFF, 0x62])), (.emptyText, try pair(7, txt: Array(" \n".utf8))),
            (.emptyText, try pair(7, txt: [])), (.missingMember, try pair(7, png: [])),
            (.missingMember, StoredSample(key: "sample-7", members: [.init(name: "txt", bytes: [0x61])])),
        ]
        for (kind, sample) in cases {
            var samples = try (0..<30).map { try pair($0) }
            samples[7] = sample
            let found = try verify(samples)
            #expect(found.findings.kinds == [kind] && found.findings.count(kind) == 1, "\(kind)")
            #expect(found.findings.examples(kind).first?.description.contains("sample-7") == true)
            #expect(found.findings.examples(kind).first?.sample == 7)
            #expect(!found.isSound && found.findings.warnings == 0 && found.samples == 29)
        }
    }

    @Test("each warning is found, and leaves the corpus sound")
    func warnings() throws {
        let long = [UInt8](repeating: 0x61, count: 70 << 10)
        let cases: [(CorpusFinding.Kind, StoredSample)] = [
            (.duplicateImage, try pair(21, png: picture(4))),
            (.duplicateText, try pair(21, txt: Array("caption 4".utf8))),
            (.longText, try pair(21, txt: long)), (.tinyImage, try pair(21, png: picture(21, side: 15))),
        ]
        for (kind, sample) in cases {
            var samples = try (0..<30).map { try pair($0) }
            samples[21] = sample
            let found = try verify(samples)
            #expect(found.findings.kinds == [kind] && found.findings.count(kind) == 1, "\(kind)")
            #expect(found.findings.examples(kind).first?.description.contains("sample-21") == true)
            #expect(found.isSound && found.findings.faults == 0 && found.samples == 30)
        }
        let twice = try verify([try pair(0), try pair(1, png: picture(0))])
        #expect(twice.findings.examples(.duplicateImage).first?.description.contains("`sample-0` (#0)") == true)
    }

    @Test("captions in json are read when there is no text")
    func jsonCaptions() throws {
        func sample(_ number: Int, _ json: String) -> StoredSample {
            StoredSample(
                key: "s\(number)",
                members: [.init(name: "txt", bytes: [0x61]), .init(name: "json", bytes: Array(json.utf8))])
        }
        #expect(try verify([sample(0, "{\"caption\": \"\"}")], kind: .texts).findings.kinds.isEmpty)
        let bare = StoredSample(
            key: "bare",
            members: [
                .init(name: "png", bytes: try picture(0)),
                .init(name: "json", bytes: Array("{\"caption\": \" \"}".utf8)),
            ])
        #expect(try verify([bare], kind: .images).findings.kinds == [.emptyText])
    }

    /// A pair with several captions, the first of them in `txt` too.
    private func several(_ number: Int, _ captions: [String]) throws -> StoredSample {
        var sample = try pair(number, txt: Array(captions[0].utf8))
        let list = "[\(captions.map { "\"\($0)\"" }.joined(separator: ","))]"
        sample.members.append(.init(name: "captions.json", bytes: Array(list.utf8)))
        return sample
    }

    @Test("every one of several captions is checked, and a list that is none is a fault")
    func severalCaptions() throws {
        #expect(try verify([several(0, ["a", "b"]), several(1, ["c", "d"])]).findings.kinds.isEmpty)
        let twice = try verify([several(0, ["a", "b"]), several(1, ["c", "b"])])
        #expect(twice.findings.kinds == [.duplicateText] && twice.isSound)
        let blank = try verify([several(0, ["a", "b", " "])])
        #expect(blank.findings.kinds == [.emptyText])
        #expect(blank.findings.first?.description.contains("caption 2: nothing but blanks") == true)
        var broken = try several(0, ["a", "b"])
        broken.members[2].bytes.removeLast()
        let found = try verify([broken])
        #expect(found.findings.kinds == [.brokenMember] && !found.isSound && found.samples == 0)
    }

    @Test("regions whose arrays contradict each other are a fault")
    func regions() throws {
        func sample(_ key: String, boxes: [Float]) -> StoredSample {
            let set = RegionSet(
                width: 10, height: 10, features: NumpyArray([1, 2, 3, 4], shape: [2, 2]),
                boxes: NumpyArray(boxes, shape: [2, 4]))
            return StoredSample(key: key, members: set.members)
        }
        let good: [Float] = [0, 0, 1, 1, 2, 2, 3, 3]
        #expect(try verify([sample("a", boxes: good)], kind: .regions).findings.kinds.isEmpty)
        let bad = try verify([sample("a", boxes: good), sample("b", boxes: [0, 0, 1, 1, 5, 2, 3, 3])], kind: .regions)
        #expect(bad.findings.kinds == [.brokenMember] && bad.samples == 1)
        #expect(bad.findings.first?.description.contains("boxes.npy") == true)
    }

    @Test("a text of more tokens than the limit is a warning, whatever its bytes")
    func tokenLimit() throws {
        let directory = try TemporaryDirectory()
        try write([pair(0, txt: Array("a b c".utf8)), pair(1, txt: Array("abcdefg h".utf8))], to: directory("c"))
        var limits = ContentLimits()
        limits.longestTokens = (2, { $0.split(separator: 32).count })
        let found = try CorpusVerifier(directory: directory("c"), contents: limits).run()
        #expect(found.findings.kinds == [.longText] && found.findings.count(.longText) == 1 && found.isSound)
        #expect(found.findings.first?.description.contains("3 tokens, above the maximum of 2") == true)
    }

    @Test("all findings are counted, the first are kept, and threads change nothing")
    func limits() throws {
        let samples = try (0..<40).map { try pair($0, txt: [0xFF]) }
        let one = try verify(samples, workers: 1, examples: 3)
        let four = try verify(samples, workers: 4, examples: 3)
        #expect(one.findings.count(.invalidUTF8) == 40 && one.findings.count(.duplicateText) == 39)
        #expect(one.findings.examples(.invalidUTF8).map(\.sample) == [0, 1, 2])
        #expect(four.findings.examples(.invalidUTF8).map(\.sample) == [0, 1, 2])
        #expect(four.findings.examples(.duplicateText).map(\.sample) == [1, 2, 3])
    }

    @Test("a file that nobody listed is a fault; progress ends at the whole")
    func unlistedAndProgress() throws {
        let directory = try TemporaryDirectory()
        try write((0..<60).map { try pair($0) }, to: directory("c"))
        try directory.put("c/extra.txt", "what is this?")
        let last = Mutex<VerificationProgress?>(nil)
        let found = try CorpusVerifier(directory: directory("c"), workers: 3).run { progress in
            last.withLock { $0 = progress }
        }
        #expect(found.findings.kinds == [.unlisted] && !found.isSound)
        let progress = try #require(last.withLock { $0 })
        #expect(progress.done == progress.total && progress.total == found.bytes && progress.samples == 60)
    }

    @Test("a summary counts tokens, sides, aspects and formats, with any number of threads")
    func summary() throws {
        let directory = try TemporaryDirectory()
        var samples = try (0..<600).map { try pair($0, png: [1, 2, 3]) }
        samples[0] = try pair(0, png: picture(0, side: 33), txt: Array(" two  words\n".utf8))
        samples[1] = try pair(
            1, png: encodePNG(DecodedImage(width: 50, height: 10, rgb: .init(repeating: 0, count: 1500))))
        try write(samples, to: directory("c"))
        let corpus = try ShardCorpus(directory: directory("c"))
        let found = try CorpusInspector(corpus, workers: 3, tokens: { $0.count * 2 }).summary()
        #expect(found == (try CorpusInspector(corpus, workers: 1, tokens: { $0.count * 2 }).summary()))
        #expect(found.contents.formats == ["PNG": 2, "unreadable": 598])
        #expect(found.contents.shorterSides.minimum == 10 && found.contents.shorterSides.maximum == 33)
        #expect(found.contents.longerSides.total == 83 && found.contents.aspects.buckets == [0, 0, 0, 1, 0, 0, 1])
        #expect(found.contents.textWords.buckets == [0, 0, 600])
        #expect(found.contents.textTokens.total == 2 * found.contents.textBytes.total)
        #expect(found.contents.textBytes.rows.map(\.count).reduce(0, +) == 600)
        #expect(found.contents.captions.count == 0 && found.contents.regions.count == 0)
        #expect(found.shards.map(\.samples).reduce(0, +) == 600 && found.shards.count == corpus.index.shards.count)
    }

    @Test("a summary counts every caption, and regions")
    func captionsAndRegions() throws {
        let directory = try TemporaryDirectory()
        try write([several(0, ["a", "b c", "d"]), pair(1, txt: Array("e f g".utf8))], to: directory("c"))
        let captions = try CorpusInspector(ShardCorpus(directory: directory("c"))).summary().contents
        #expect(captions.captions.count == 1 && captions.captions.total == 3)
        #expect(captions.textWords.count == 4 && captions.textWords.total == 7)
        let set = RegionSet(
            width: 10, height: 10, features: NumpyArray([1, 2, 3, 4, 5, 6], shape: [3, 2]),
            boxes: NumpyArray([Float](repeating: 1, count: 12), shape: [3, 4]))
        try write([StoredSample(key: "r", members: set.members)], kind: .regions, to: directory("r"))
        let regions = try CorpusInspector(ShardCorpus(directory: directory("r"))).summary().contents.regions
        #expect(regions.count == 1 && regions.total == 3)
    }
}
