import Batches
import Runtime
import Testing
import Text
import Vision

@testable import Corpora

/// One token per word, numbered by length: enough to see where texts are cut.
let wordLengths: Tokenize = { text in
    let words = text.split(separator: " ")
    return (words.map { Int32(100 + $0.utf8.count) }, words.map { _ in true })
}

@Suite struct LoaderTests {
    private static func scenes(_ kind: CorpusKind, count: Int) -> SceneCorpus {
        SceneCorpus(
            name: "scenes-\(kind.rawValue)", kind: kind, settings: SceneSettings(seed: 4, count: count, side: 16))
    }

    /// Masks one token, chosen by the random key, as an objective would.
    private static let mask: Prepare = { sample, random in
        guard sample.tokens.count > 2 else { return }
        var stream = random.stream
        let row = 1 + stream.integer(below: sample.tokens.count - 2)
        sample.masked = [MaskedToken(row: Int32(row), label: sample.tokens[row])]
        sample.tokens[row] = 99
    }

    private static func mixture(chunk: Int = 3) -> [LoaderEntry] {
        [
            LoaderEntry(
                corpus: scenes(.pairs, count: 40),
                sampling: SamplerEntry(name: "pairs", count: 40, weight: 2, batchSize: 7),
                chunk: chunk == 0 ? .slice : .samples(chunk),
                needs: SampleNeeds(maxTokens: 8, views: [.mild], imageSize: 12), prepare: mask),
            LoaderEntry(
                corpus: scenes(.texts, count: 25),
                sampling: SamplerEntry(name: "texts", count: 25, weight: 1, batchSize: 20),
                chunk: chunk == 0 ? .slice : .samples(chunk),
                needs: SampleNeeds(maxTokens: 10), prepare: mask),
            LoaderEntry(
                corpus: scenes(.images, count: 30),
                sampling: SamplerEntry(name: "images", count: 30, weight: 1, batchSize: 2),
                chunk: chunk == 0 ? .slice : .samples(chunk),
                needs: SampleNeeds(views: [.strong, .strong], imageSize: 8)),
        ]
    }

    private static func batches(
        _ count: Int, _ entries: [LoaderEntry], _ settings: LoaderSettings
    ) throws -> [Batch] {
        let loader = try BatchLoader(entries: entries, settings: settings, tokenize: wordLengths)
        defer { loader.stop() }
        return try (0..<count).map { _ in try loader.next() }
    }

    @Test("batches come in order and are the sampler's, each position once")
    func order() throws {
        let entries = Self.mixture()
        let loader = try BatchLoader(entries: entries, settings: LoaderSettings(seed: 5), tokenize: wordLengths)
        for number in 0..<12 {
            let batch = try loader.next()
            let plan = try loader.sampler.plan(number)
            #expect(batch.number == number && batch.entry == plan.entry)
            #expect(batch.chunks.flatMap { Array($0.positions) } == Array(0..<plan.sampleIndices.count))
            let keys = try plan.sampleIndices.map { try entries[plan.entry].corpus.read($0).key }
            #expect(batch.chunks.flatMap(\.keys) == keys)
            #expect(batch.skipped.isEmpty)
        }
        #expect(loader.waitedSeconds > 0)
    }

    @Test("threads and prefetch do not change a byte", arguments: [(2, 1), (3, 5), (5, 2)])
    func threads(workers: Int, prefetch: Int) throws {
        let reference = try Self.batches(10, Self.mixture(), LoaderSettings(seed: 5, workers: 1, prefetch: 1))
        let settings = LoaderSettings(seed: 5, workers: workers, prefetch: prefetch)
        let batches = try Self.batches(10, Self.mixture(), settings)
        #expect(batches.map(\.chunks) == reference.map(\.chunks))
    }

    @Test("starting at batch k gives what a run from the start has there")
    func resume() throws {
        let whole = try Self.batches(9, Self.mixture(), LoaderSettings(seed: 5))
        let rest = try Self.batches(4, Self.mixture(), LoaderSettings(seed: 5, firstBatch: 5))
        #expect(rest.map(\.number) == [5, 6, 7, 8])
        #expect(rest.map(\.chunks) == whole[5...].map(\.chunks))
    }

    @Test("slices of any number of ranks are the whole batch, empty slices included", arguments: [2, 3, 4, 9])
    func ranks(ranks: Int) throws {
        let whole = try Self.batches(6, Self.mixture(chunk: 1), LoaderSettings(seed: 5))
        let slices = try (0..<ranks).map { rank in
            try Self.batches(6, Self.mixture(chunk: 1), LoaderSettings(seed: 5, rank: rank, ranks: ranks))
        }
        for number in 0..<6 {
            #expect(slices.flatMap { $0[number].chunks } == whole[number].chunks)
            #expect(slices.allSatisfy { $0[number].globalCount == whole[number].globalCount })
        }
    }

    @Test("chunks cover the slice in pieces of the entry's size; 0 is the whole slice", arguments: [0, 1, 3, 50])
    func chunks(size: Int) throws {
        for batch in try Self.batches(4, Self.mixture(chunk: size), LoaderSettings(seed: 5, rank: 1, ranks: 2)) {
            let largest = size == 0 ? batch.slice.count : size
            #expect(batch.chunks.map(\.positions.count).dropLast().allSatisfy { $0 == largest })
            #expect(batch.chunks.flatMap { Array($0.positions) } == Array(batch.slice))
        }
    }

    @Test("a sample's views, tokens and masks depend on its place, views differ from each other")
    func contents() throws {
        let batches = try Self.batches(8, Self.mixture(chunk: 0), LoaderSettings(seed: 5))
        let images = try #require(batches.first { $0.entry == 2 })
        #expect(images.chunks[0].views.map(\.count) == [2, 2])
        #expect(images.chunks[0].views[0] != images.chunks[0].views[1])
        #expect(images.chunks[0].text == nil)
        let texts = try #require(batches.first { $0.entry == 1 })
        let rows = try #require(texts.chunks[0].text)
        #expect(rows.maskedRows.count == 20 && texts.chunks[0].views.isEmpty)
        for sample in 0..<20 {
            let tokens = rows.tokens[Int(rows.offsets[sample])..<Int(rows.offsets[sample + 1])]
            #expect(tokens.first == 0 && tokens.last == 2 && tokens.count == 10)
            #expect(tokens.contains(99))
        }
    }

    @Test("with a trained tokenizer texts are its tokens between <s> and </s>")
    func tokenizer() throws {
        let corpus = Self.scenes(.texts, count: 30)
        var trainer = try TokenizerTrainer(vocabularySize: 320)
        for index in 0..<30 { trainer.add(corpus.description(index)) }
        let tokenizer = trainer.train()
        let entry = LoaderEntry(
            corpus: corpus,
            sampling: SamplerEntry(name: "texts", count: corpus.count, weight: 1, batchSize: 4),
            needs: SampleNeeds(maxTokens: 200))
        let loader = try BatchLoader(
            entries: [entry], settings: LoaderSettings(seed: 1), tokenize: tokenizer.tokenize)
        let batch = try loader.next()
        let rows = try #require(batch.chunks[0].text)
        for (sample, index) in try loader.sampler.plan(0).sampleIndices.enumerated() {
            let tokens = rows.tokens[Int(rows.offsets[sample])..<Int(rows.offsets[sample + 1])]
            #expect(tokens.first == tokenizer.specials.start && tokens.last == tokenizer.specials.end)
            #expect(try tokenizer.decode(tokens.dropFirst().dropLast()) == corpus.description(index))
        }
    }

    @Test("stop ends the threads while the window is full and nobody asks")
    func stops() throws {
        let settings = LoaderSettings(seed: 5, workers: 4, prefetch: 2)
        let loader = try BatchLoader(entries: Self.mixture(), settings: settings, tokenize: wordLengths)
        _ = try loader.next()
        let start = Clock.seconds
        loader.stop()
        loader.stop()
        #expect(Clock.seconds - start < 5)
    }

    @Test("a held-out corpus is read in order, the same however it is cut, and without augmentation")
    func heldOut() throws {
        let reader = HeldOutReader(entry: Self.mixture(chunk: 0)[0], seed: 8, tokenize: wordLengths)
        let whole = try reader.batch(of: 0..<40)
        #expect(whole.chunks[0].keys == (0..<40).map { Self.scenes(.pairs, count: 40).key($0) })
        let second = try reader.batch(of: 10..<30, number: 1, rank: 1, ranks: 2)
        #expect(second.slice == 10..<20 && second.globalCount == 20)
        #expect(second.chunks[0].keys == Array(whole.chunks[0].keys[20..<30]))
        #expect(second.chunks[0].views[0].pixels == Array(whole.chunks[0].views[0].pixels[20 * 432..<30 * 432]))
        let (all, part) = (try #require(whole.chunks[0].text), try #require(second.chunks[0].text))
        #expect(part.tokens == Array(all.tokens[Int(all.offsets[20])..<Int(all.offsets[30])]))
        let pool = WorkerPool(threads: 3)
        defer { pool.stop() }
        #expect(try reader.batch(of: 0..<40, pool: pool).chunks == whole.chunks)
        let plain = resize(Self.scenes(.pairs, count: 40).image(3), box: nil, width: 12, height: 12, filter: .bicubic)
        #expect(try reader.sample(3).images[0].pixels == plain.rgb)
    }
}
