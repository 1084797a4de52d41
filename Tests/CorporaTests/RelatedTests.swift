import Batches
import Runtime
import Testing

@testable import Corpora

@Suite("What pairs are compared with") struct RelatedTests {
    private static let scenes = SceneSettings(seed: 4, count: 40, objects: 2...3, side: 16)
    private static let regions = RegionNeeds(
        count: 3, width: SceneRegions.featureWidth, classCount: SceneRegions.classCount)

    private static func corpus(_ kind: CorpusKind) -> SceneCorpus {
        SceneCorpus(name: kind.rawValue, kind: kind, settings: scenes)
    }

    /// Neighbours of sample i: the next three images, the next two texts.
    private static let neighbours = MemoryCorpus(
        name: "neighbours", kind: .annotations,
        samples: (0..<scenes.count).map { index in
            func neighbour(_ step: Int) -> NeighbourList.Neighbour {
                let sample = (index + step) % scenes.count
                return .init(sample: sample, key: corpus(.images).key(sample), score: 1 / Float(step))
            }
            let list = NeighbourList(images: (1...3).map(neighbour), texts: (1...2).map(neighbour))
            return StoredSample(key: corpus(.pairs).key(index), members: [list.member])
        })

    private static func entry(
        _ related: RelatedNeeds, neighbours: any StoredCorpus = Self.neighbours
    ) -> LoaderEntry {
        LoaderEntry(
            corpus: corpus(.regions),
            related: RelatedSource(
                rewrites: corpus(.annotations), neighbours: neighbours, images: corpus(.regions), texts: corpus(.texts)),
            sampling: SamplerEntry(name: "pairs", count: scenes.count, weight: 1, batchSize: 7),
            needs: SampleNeeds(maxTokens: 48, regions: regions, related: related))
    }

    private static func batches(_ count: Int, _ entry: LoaderEntry, workers: Int = 1) throws -> [Batch] {
        let loader = try BatchLoader(
            entries: [entry], settings: LoaderSettings(seed: 5, workers: workers), tokenize: wordLengths)
        defer { loader.stop() }
        return try (0..<count).map { _ in try loader.next() }
    }

    private static func samples(_ related: RelatedNeeds) throws -> [Sample] {
        let reader = HeldOutReader(entry: entry(related), seed: 3, tokenize: wordLengths)
        return try (0..<scenes.count).map { try reader.sample($0) }
    }

    @Test("as many are drawn as are wanted and found, each once")
    func counts() throws {
        let needs = RelatedNeeds(paraphrases: 2, words: 3, phrases: 2, sentences: 2, images: 2, texts: 5)
        for sample in try Self.samples(needs) {
            func count(_ role: RelatedSample.Role) -> Int { sample.related.count { $0.role == role } }
            // There is one other way to tell a scene, and two texts are known; words are as long, so some read alike.
            #expect(count(.paraphrase) <= 1 && count(.image) == 2 && count(.text) == 2)
            #expect((1...7).contains(count(.rewritten)))
            let neighbours = sample.related.filter { $0.role == .image }.map(\.sample.key)
            #expect(Set(neighbours).count == 2)
        }
    }

    @Test("rewritten texts of the procedural world are untrue, paraphrases are others")
    func rewritesOfScenes() throws {
        let annotations = Self.corpus(.annotations)
        for index in 0..<Self.scenes.count {
            let list = try RewriteList(try annotations.read(index))
            let caption = annotations.caption(index)
            #expect(list.paraphrases.count == 1 && !list.paraphrases.contains(caption))
            let texts = list.rewritten.map(\.text)
            #expect(!texts.contains(caption) && Set(texts).count == texts.count)
            for level in RewriteList.Level.allCases { #expect(list.rewritten.contains { $0.level == level }) }
        }
    }

    @Test("what is drawn depends on the position alone, and differs from batch to batch")
    func draws() throws {
        let needs = RelatedNeeds(words: 1, images: 1, texts: 1)
        let one = try Self.batches(12, Self.entry(needs))
        let other = try Self.batches(12, Self.entry(needs), workers: 3)
        #expect(one.map(\.chunks) == other.map(\.chunks))
        let images = one.flatMap(\.chunks).compactMap { $0.related?.regions?.features }
        #expect(Set(images.map { $0.map(\.bitPattern) }).count > 1)
    }

    @Test("related rows belong to their pairs and draw random numbers of their own")
    func rows() throws {
        let chunk = try Self.batches(1, Self.entry(RelatedNeeds(words: 2, images: 1)))[0].chunks[0]
        let related = try #require(chunk.related)
        #expect(Set(related.items.map(\.position)).count == related.items.count)
        #expect(related.items.allSatisfy { chunk.positions.indices.contains($0.owner) && $0.position >= 1 << 24 })
        #expect(related.items.map(\.owner) == related.items.map(\.owner).sorted())
    }

    @Test("a neighbour that its corpus does not have stops the run with its name")
    func strangeNeighbour() throws {
        let list = NeighbourList(images: [.init(sample: 999, key: "far", score: 1)])
        let corpus = MemoryCorpus(
            name: "n", kind: .annotations,
            samples: (0..<Self.scenes.count).map {
                StoredSample(key: Self.corpus(.pairs).key($0), members: [list.member])
            })
        let reader = HeldOutReader(
            entry: Self.entry(RelatedNeeds(images: 1), neighbours: corpus), seed: 3, tokenize: wordLengths)
        #expect(performing: { try reader.sample(0) }, throws: { "\($0)".contains("sample 999, far") })
    }

    @Test(
        "annotations that cannot be read stop the run, with the member and what is wrong",
        arguments: [
            "nonsense", "{\"images\":[{\"sample\":-1,\"key\":\"k\",\"score\":0.5}],\"texts\":[]}", "{\"images\":[]}",
        ])
    func damagedAnnotations(json: String) throws {
        let corpus = MemoryCorpus(
            name: "n", kind: .annotations,
            samples: (0..<Self.scenes.count).map {
                StoredSample(
                    key: Self.corpus(.pairs).key($0),
                    members: [.init(name: NeighbourList.memberName, bytes: Array(json.utf8))])
            })
        let reader = HeldOutReader(
            entry: Self.entry(RelatedNeeds(images: 1), neighbours: corpus), seed: 3, tokenize: wordLengths)
        #expect(
            performing: { try reader.sample(0) },
            throws: { error in
                guard case CorpusError.damaged(let fault) = error else { return false }
                return fault.found.contains(NeighbourList.memberName)
            })
    }
}
