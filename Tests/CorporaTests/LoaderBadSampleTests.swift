import Batches
import Runtime
import Testing

@testable import Corpora

/// A corpus in memory whose reads can fail like a damaged shard.
private final class DamagedCorpus: StoredCorpus {
    struct Damage: DiagnosedError, Equatable {
        var index: Int
        var exitCode: ExitCode { .data }
        var description: String { "frame of sample \(index) is damaged" }
    }

    let base: MemoryCorpus
    let damaged: Set<Int>
    init(_ base: MemoryCorpus, damaged: Set<Int>) {
        self.base = base
        self.damaged = damaged
    }
    var name: String { base.name }
    var kind: CorpusKind { base.kind }
    var count: Int { base.count }
    var fingerprint: String { base.fingerprint }
    func read(_ index: Int) throws -> StoredSample {
        if damaged.contains(index) { throw Damage(index: index) }
        return try base.read(index)
    }
}

@Suite struct LoaderBadSampleTests {
    /// Texts of one word, those at `empty` blank.
    private static func texts(_ count: Int, empty: Set<Int>) -> MemoryCorpus {
        MemoryCorpus(
            name: "glosses", kind: .texts,
            samples: (0..<count).map { index in
                StoredSample(
                    key: "t\(index)",
                    members: [.init(name: "txt", bytes: Array((empty.contains(index) ? " \n" : "word\(index)").utf8))],
                    shard: "shard-000000.tar.zst", offset: UInt64(1024 * index))
            })
    }

    private static func entry(_ corpus: any StoredCorpus, batchSize: Int, chunk: Int = 0) -> LoaderEntry {
        LoaderEntry(
            corpus: corpus,
            sampling: SamplerEntry(name: "texts", count: corpus.count, weight: 1, batchSize: batchSize),
            chunk: chunk == 0 ? .slice : .samples(chunk), needs: SampleNeeds(maxTokens: 5))
    }

    private static func batches(
        _ count: Int, _ entry: LoaderEntry, _ settings: LoaderSettings
    ) throws -> [Batch] {
        let loader = try BatchLoader(entries: [entry], settings: settings, tokenize: wordLengths)
        defer { loader.stop() }
        return try (0..<count).map { _ in try loader.next() }
    }

    @Test("an unusable sample is replaced by one the batch does not have, and written down")
    func replaced() throws {
        let corpus = Self.texts(60, empty: [3, 17, 41])
        let batches = try Self.batches(18, Self.entry(corpus, batchSize: 10), LoaderSettings(seed: 2, workers: 3))
        let skipped = batches.flatMap(\.skipped)
        #expect(Set(skipped.map(\.key)) == ["t3", "t17", "t41"])
        for batch in batches {
            let keys = batch.chunks.flatMap(\.keys)
            #expect(keys.count == 10 && Set(keys).count == 10)
            #expect(Set(keys).isDisjoint(with: ["t3", "t17", "t41"]))
            for row in batch.skipped {
                #expect(row.batch == batch.number && row.corpus == "glosses" && keys.contains(row.replacement))
                #expect(row.shard == "shard-000000.tar.zst" && row.reason == "the text is empty")
                #expect("t\(row.offset / 1024)" == row.key)
            }
        }
    }

    @Test("replacements are the same for any number of ranks and threads", arguments: [2, 3, 7])
    func worldSizes(ranks: Int) throws {
        let entry = Self.entry(
            Self.texts(60, empty: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), batchSize: 10, chunk: 1)
        let whole = try Self.batches(8, entry, LoaderSettings(seed: 2))
        let slices = try (0..<ranks).map {
            try Self.batches(8, entry, LoaderSettings(seed: 2, rank: $0, ranks: ranks, workers: 2))
        }
        for number in 0..<8 {
            #expect(slices.flatMap { $0[number].chunks } == whole[number].chunks)
            #expect(slices.flatMap { $0[number].skipped } == whole[number].skipped)
        }
    }

    @Test("in a corpus smaller than a batch the usable samples stand in")
    func tiny() throws {
        let batches = try Self.batches(5, Self.entry(Self.texts(3, empty: [1]), batchSize: 8), LoaderSettings(seed: 2))
        #expect(batches.allSatisfy { Set($0.chunks[0].keys) == ["t0", "t2"] && !$0.skipped.isEmpty })
    }

    @Test("candidates for a place are never in the batch and never those of another place")
    func candidates() throws {
        for (count, batchSize) in [(20, 10), (21, 10), (200, 10), (64, 32)] {
            let entry = Self.entry(Self.texts(count, empty: []), batchSize: batchSize)
            let decoder = SliceDecoder(seed: 1, entries: [entry], tokenize: wordLengths)
            let plan = try MixedSampler(seed: 1, entries: [entry.sampling]).plan(5)
            let candidates = (0..<batchSize).map { decoder.replacements(plan, position: $0) }
            for list in candidates {
                #expect(!list.isEmpty && Set(list).count == list.count)
                #expect(Set(list).isDisjoint(with: plan.sampleIndices))
            }
        }
    }

    @Test("one sample more than the budget ends the run with corpus, shard, offset, key and reason")
    func budget() throws {
        let entry = Self.entry(Self.texts(30, empty: [3, 17]), batchSize: 10)
        #expect(try Self.batches(30, entry, LoaderSettings(seed: 2, badSampleBudget: 2)).count == 30)
        let loader = try BatchLoader(
            entries: [entry], settings: LoaderSettings(seed: 2, badSampleBudget: 1), tokenize: wordLengths)
        let error = #expect(throws: LoaderError.self) { for _ in 0..<6 { _ = try loader.next() } }
        let again = #expect(throws: LoaderError.self) { _ = try loader.next() }
        #expect(error == again && error?.exitCode == .data)
        let text = error?.description ?? ""
        for part in ["glosses", "shard-000000.tar.zst at byte ", "sample t", "the text is empty", "at most 1 unusable"]
        {
            #expect(text.contains(part), "\(text) lacks \(part)")
        }
    }

    @Test("what was met before a resume counts, each sample once, on whichever rank")
    func budgetAfterResume() throws {
        let entry = Self.entry(Self.texts(30, empty: [3, 17]), batchSize: 10)
        func loader(_ budget: Int, from batch: Int = 0, before: [String: UnusableSamples] = [:]) throws -> BatchLoader {
            try BatchLoader(
                entries: [entry],
                settings: LoaderSettings(
                    seed: 2, firstBatch: batch, badSampleBudget: budget, badSamplesBefore: before),
                tokenize: wordLengths)
        }
        let whole = try loader(2)
        for _ in 0..<6 { _ = try whole.next() }
        let met = whole.badSamples
        let name = try #require(met.keys.first)
        #expect(met.count == 1 && met[name]?.count == 2 && met[name]?.keys.count == 2)
        // An epoch later the same two are met again: known, so not counted.
        let known = try loader(2, from: 6, before: met)
        for _ in 0..<6 { _ = try known.next() }
        #expect(known.badSamples == met)
        // One that was met before leaves room for one less.
        let other = UnusableSamples(count: 1, keys: ["another"])
        let late = try loader(2, before: [name: other])
        #expect(throws: LoaderError.self) { for _ in 0..<6 { _ = try late.next() } }
        let merged = other.merged(with: UnusableSamples(count: 3, keys: ["a", "another", "b"]))
        #expect(merged == UnusableSamples(count: 3, keys: ["a", "another", "b"]))
    }

    @Test("a corpus without a usable sample is an error, not a search without end")
    func hopeless() throws {
        let entry = Self.entry(Self.texts(4, empty: [0, 1, 2, 3]), batchSize: 2)
        let error = #expect(throws: LoaderError.self) { try Self.batches(1, entry, LoaderSettings(seed: 2)) }
        guard case .noReplacement(let attempts, let sample) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(attempts <= 4 && sample.reason == "the text is empty")
    }

    @Test("damage in a shard ends the run with the corpus's own error, the first place's for any threads")
    func damage() throws {
        let corpus = DamagedCorpus(Self.texts(40, empty: []), damaged: [5, 9, 22])
        let entry = Self.entry(corpus, batchSize: 40)
        let sampler = try MixedSampler(seed: 2, entries: [entry.sampling])
        let first = try #require(try sampler.plan(0).sampleIndices.first { corpus.damaged.contains($0) })
        for workers in 1...4 {
            let error = #expect(throws: DamagedCorpus.Damage.self) {
                try Self.batches(1, entry, LoaderSettings(seed: 2, workers: workers))
            }
            #expect(error?.index == first)
        }
    }

    @Test("nothing stands in for a held-out sample: it is named")
    func heldOut() throws {
        let reader = HeldOutReader(
            entry: Self.entry(Self.texts(5, empty: [2]), batchSize: 5), seed: 0, tokenize: wordLengths)
        #expect(try reader.batch(of: 3..<5).chunks[0].keys == ["t3", "t4"])
        let error = #expect(throws: LoaderError.self) { try reader.batch(of: 0..<5) }
        #expect(error?.description.contains("shard-000000.tar.zst at byte 2048, sample t2: the text is empty") == true)
    }

    @Test("each thing that can be wrong with a sample has its reason")
    func reasons() {
        let decoder = SampleDecoder(
            needs: SampleNeeds(maxTokens: 4, views: [.none], imageSize: 8), prepare: { _, _ in }, tokenize: wordLengths)
        let pixmap = StoredSample.Member(
            name: "ppm", bytes: Array("P6 1 1 255\n".utf8) + [1, 2, 3])
        func text(_ bytes: [UInt8], _ name: String = "txt") -> StoredSample.Member { .init(name: name, bytes: bytes) }
        func reason(_ members: StoredSample.Member...) -> String? {
            do {
                _ = try decoder.decode(
                    StoredSample(key: "k", members: members), random: RandomKey(seed: 0, purpose: .test))
                return nil
            } catch { return error.reason }
        }
        #expect(reason(text(Array("a b".utf8)), pixmap) == nil)
        #expect(reason(text(Array(#"{"caption": "a b"}"#.utf8), "json"), pixmap) == nil)
        #expect(reason(text(Array(#"{"text": "a b"}"#.utf8), "json"), pixmap) == "the text is empty")
        #expect(reason(text(Array("[".utf8), "json"), pixmap) == "the json member is not an object with a caption")
        #expect(reason(text([0x61, 0xFF]), pixmap) == "the text is not UTF-8")
        #expect(reason(pixmap) == "expected a txt or json member, found ppm")
        #expect(reason(text(Array("a".utf8))) == "expected an image member, found txt")
        #expect(reason(text(Array("a".utf8)), .init(name: "png", bytes: [1, 2]))?.contains("01 02") == true)
    }

    @Test("a long text is cut before its end mark")
    func cut() throws {
        let decoder = SampleDecoder(needs: SampleNeeds(maxTokens: 4), prepare: { _, _ in }, tokenize: wordLengths)
        let stored = StoredSample(key: "k", members: [.init(name: "txt", bytes: Array("a bb ccc dddd\n".utf8))])
        let sample = try decoder.decode(stored, random: RandomKey(seed: 0, purpose: .test))
        #expect(sample.tokens == [0, 101, 102, 2])
        #expect(sample.wordStarts == [false, true, true, false])
    }
}
