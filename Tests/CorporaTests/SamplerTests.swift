import Batches
import Runtime
import Testing

@testable import Corpora

@Suite struct SamplerTests {
    private func mixture(_ weights: [Int], seed: UInt64 = 3) throws -> MixedSampler {
        try MixedSampler(
            seed: seed,
            entries: weights.enumerated().map {
                SamplerEntry(name: "entry-\($0)", count: 50 + 13 * $0, weight: $1, batchSize: 4 + $0)
            })
    }

    @Test(
        "every prefix holds each entry's share to within less than one batch",
        arguments: [[1], [1, 1, 5], [3, 7, 11, 2], [100, 1], [97, 89, 83, 1, 1], [2, 4, 6], [1000, 999, 1]])
    func shares(weights: [Int]) throws {
        let sampler = try mixture(weights)
        let sum = weights.reduce(0, +)
        var given = [Int](repeating: 0, count: weights.count)
        for number in 0..<2 * sampler.period + 3 {
            let plan = try sampler.plan(number)
            #expect(plan.ordinal == given[plan.entry])
            given[plan.entry] += 1
            for (entry, weight) in weights.enumerated() {
                // |given − t · w / sum| < 1, in whole numbers.
                let deviation = given[entry] * sum - (number + 1) * weight
                #expect(abs(deviation) < sum, "entry \(entry) after \(number + 1) batches of \(weights)")
            }
        }
    }

    @Test("random mixtures keep the shares too")
    func randomShares() throws {
        var random = RandomKey(seed: 11, purpose: .test).stream
        for _ in 0..<40 {
            let weights = (0..<1 + random.integer(below: 9)).map { _ in 1 + random.integer(below: 60) }
            let schedule = try MixtureSchedule(weights: weights)
            let sum = weights.reduce(0, +)
            var given = [Int](repeating: 0, count: weights.count)
            for number in 0..<schedule.period {
                given[schedule.assignment(number).entry] += 1
                for (entry, weight) in weights.enumerated() {
                    #expect(abs(given[entry] * sum - (number + 1) * weight) < sum)
                }
            }
        }
    }

    @Test("in a corpus of three batches and more every sample comes exactly once per epoch")
    func onceEachEpoch() {
        for (count, batchSize) in [(12, 4), (13, 4), (14, 4), (100, 7), (97, 32), (30, 1), (705, 96)] {
            let stream = EpochStream(seed: 5, stream: 2, count: count, batchSize: batchSize)
            let epochs = 2 * batchSize
            let samples = (0..<epochs * count / batchSize).flatMap { stream.batch($0).indices }
            for epoch in 0..<epochs {
                let seen = Set(samples[epoch * count..<(epoch + 1) * count])
                #expect(seen.count == count, "epoch \(epoch) of \(count) in batches of \(batchSize)")
            }
        }
    }

    @Test("no batch holds a sample twice when the corpus has at least a batch of samples")
    func noDuplicates() {
        for batchSize in 1...9 {
            for count in batchSize...5 * batchSize {
                let stream = EpochStream(seed: 1, stream: 0, count: count, batchSize: batchSize)
                for ordinal in 0..<40 {
                    let indices = stream.batch(ordinal).indices
                    #expect(indices.count == batchSize)
                    #expect(Set(indices).count == batchSize, "batch \(ordinal) of \(batchSize) from \(count)")
                }
            }
        }
    }

    @Test("a corpus of one or two batches is cut to whole batches, at most once per epoch")
    func shortCorpus() {
        let stream = EpochStream(seed: 1, stream: 0, count: 11, batchSize: 4)
        for epoch in 0..<20 {
            let batches = [stream.batch(2 * epoch), stream.batch(2 * epoch + 1)]
            #expect(batches.map(\.epochs) == [epoch...epoch, epoch...epoch])
            #expect(Set(batches.flatMap(\.indices)).count == 8)
        }
    }

    @Test("a corpus smaller than a batch is repeated evenly")
    func tinyCorpus() {
        let stream = EpochStream(seed: 1, stream: 0, count: 3, batchSize: 8)
        for ordinal in 0..<20 {
            let batch = stream.batch(ordinal)
            #expect(batch.epochs == 3 * ordinal...3 * ordinal + 2)
            let counts = (0..<3).map { sample in batch.indices.count { $0 == sample } }.sorted()
            #expect(counts == [2, 3, 3])
        }
    }

    @Test("the same seed gives the same plan, another seed another, and entries do not share an order")
    func seeds() throws {
        let sampler = try mixture([1, 2])
        let plans = try (0..<50).map(sampler.plan)
        let (again, other) = (try mixture([1, 2]), try mixture([1, 2], seed: 4))
        #expect(try (0..<50).map { try again.plan($0) } == plans)
        #expect(try (0..<50).map { try other.plan($0) } != plans)
        let first = EpochStream(seed: 3, stream: 0, count: 60, batchSize: 6)
        #expect(first.batch(0).indices != EpochStream(seed: 3, stream: 1, count: 60, batchSize: 6).batch(0).indices)
    }

    @Test("batch ten million is planned within 50 ms")
    func seek() throws {
        let entries = [
            SamplerEntry(name: "large", count: 40_000_000, weight: 999_983, batchSize: 1024),
            SamplerEntry(name: "small", count: 5000, weight: 3, batchSize: 512),
        ]
        let sampler = try MixedSampler(seed: 1, entries: entries)
        let start = Clock.seconds
        let plan = try sampler.plan(10_000_000)
        #expect(Clock.seconds - start < 0.05)
        #expect(plan.sampleIndices.count == entries[plan.entry].unit)
    }

    @Test("the plan is pinned: a change of order is a change of every run")
    func golden() throws {
        let sampler = try mixture([1, 1, 5])
        let entries = try (0..<7).map { try sampler.plan($0).entry }
        #expect(entries == [2, 2, 0, 2, 1, 2, 2])
        #expect(try sampler.plan(2).sampleIndices == [27, 31, 12, 24])
        #expect(try sampler.plan(10_000_000).sampleIndices == [32, 72, 14, 12, 58, 40])
    }

    @Test("mixtures that cannot be sampled are refused with the entry's name")
    func refusals() {
        func entry(count: Int = 5, weight: Int = 1, batchSize: Int = 2) -> SamplerEntry {
            SamplerEntry(name: "pairs", count: count, weight: weight, batchSize: batchSize)
        }
        func refused(_ entries: [SamplerEntry]) -> SamplerError? {
            #expect(throws: SamplerError.self) { try MixedSampler(seed: 0, entries: entries) }
        }
        #expect(refused([]) == .noEntries)
        #expect(refused([entry(count: 0)]) == .emptyCorpus(entry: "pairs"))
        #expect(refused([entry(weight: 0)]) == .weight(entry: "pairs", found: 0))
        #expect(refused([entry(batchSize: -1)]) == .batchSize(entry: "pairs", found: -1))
        let wide = refused([entry(weight: 1_048_577), entry(weight: 2), entry(weight: Int.max)])
        #expect(wide?.exitCode == .usage)
        #expect(wide?.description.contains("1048576") == true)
        #expect(refused([entry(count: 0)])?.description.contains("entry pairs") == true)
    }
}

@Suite struct SamplerDumpTests {
    private func dump() throws -> SamplerDump {
        let entries = [
            SamplerEntry(name: "pairs", count: 23, weight: 2, batchSize: 5),
            SamplerEntry(name: "texts", count: 40, weight: 1, batchSize: 3),
        ]
        return SamplerDump(sampler: try MixedSampler(seed: 9, entries: entries)) { entry, index in "\(entry)-\(index)" }
    }

    @Test("ranks united give the same batches for any world size")
    func worldSizes() throws {
        let dump = try dump()
        for batch in 0..<12 {
            let whole = try dump.rows(batch: batch, worldSize: 1)
            for worldSize in 2...7 {
                let rows = try dump.rows(batch: batch, worldSize: worldSize)
                #expect(rows.map(\.rank) == Array(0..<worldSize))
                #expect(rows.flatMap(\.keys) == whole[0].keys)
            }
        }
    }

    @Test("a line is what a run with log.samples writes")
    func line() throws {
        let row = try dump().rows(batch: 1, worldSize: 2)[1]
        let samples = row.keys.map { Sample(key: $0) }
        let start = Batch.slice(of: row.entry == "pairs" ? 5 : 3, rank: 1, ranks: 2).lowerBound
        let chunk = Chunk(positions: start..<start + samples.count, samples: samples, needs: SampleNeeds())
        let batch = Batch(
            number: 1, entry: 0, globalCount: 5, slice: chunk.positions, chunks: [chunk])
        #expect(batch.sampleLine(rank: 1, entry: row.entry) == row.line)
        #expect(row.line == "1 1 \(row.entry) " + row.keys.joined(separator: " "))
        #expect(SampleLine.text(batch: 4, rank: 0, entry: "texts", keys: []) == "4 0 texts")
    }

    @Test("JSON is one object with every row")
    func json() throws {
        let dump = try dump()
        let text = try dump.json(batches: 2..<4, worldSize: 2)
        #expect(text.hasPrefix(#"{"end_batch":4,"first_batch":2,"rows":[{"batch":2,"entry":"#))
        #expect(text.hasSuffix(#""world_size":2}"#))
        var lines: [String] = []
        try dump.lines(batches: 2..<4, worldSize: 2) { lines.append($0) }
        #expect(lines.count == 4 && lines.allSatisfy { !$0.contains("\n") })
    }
}
