import Runtime
import Testing

@testable import Corpora

@Suite("Mixtures with events") struct SamplerEventTests {
    private static func entry(
        _ name: String, count: Int, weights: [(Int, Int)], batchSize: Int = 4, ending: SamplerEntry.Ending = .repeat
    ) -> SamplerEntry {
        SamplerEntry(
            name: name, count: count, weights: weights.map { .init(batch: $0.0, weight: $0.1) },
            batching: .samples(batchSize), ending: ending)
    }

    @Test("between changes of weights every prefix is within one batch of its share")
    func weightsChange() throws {
        let sampler = try MixedSampler(
            seed: 1,
            entries: [
                Self.entry("a", count: 100, weights: [(0, 5), (100, 1), (300, 0)]),
                Self.entry("b", count: 100, weights: [(0, 1), (100, 2)]),
                Self.entry("c", count: 100, weights: [(300, 7)]),
            ])
        for (range, weights) in [(0..<100, [5, 1, 0]), (100..<300, [1, 2, 0]), (300..<900, [0, 2, 7])] {
            var given = [0, 0, 0]
            for (index, number) in range.enumerated() {
                given[try sampler.plan(number).entry] += 1
                for (entry, weight) in weights.enumerated() {
                    let share = Double((index + 1) * weight) / Double(weights.reduce(0, +))
                    #expect(abs(Double(given[entry]) - share) < 1, "batch \(number), entry \(entry)")
                }
            }
        }
    }

    @Test("the batches of an entry follow each other without gap or repetition across events")
    func ordinalsAreConsecutive() throws {
        let sampler = try MixedSampler(
            seed: 1,
            entries: [
                Self.entry("a", count: 30, weights: [(0, 3), (50, 1)], ending: .finish(epochs: 4)),
                Self.entry("b", count: 50, weights: [(0, 2)]),
                Self.entry("c", count: 9, weights: [(20, 2)], ending: .finish(epochs: 2)),
            ])
        var next = [0, 0, 0]
        for number in 0..<500 {
            let plan = try sampler.plan(number)
            #expect(plan.ordinal == next[plan.entry])
            next[plan.entry] += 1
        }
        // 4 · 30 samples in batches of 4, and twice 9 samples in batches of 4, 4 and 1.
        #expect(next[0] == 30 && next[2] == 6)
        #expect(sampler.batches == nil)
    }

    @Test("a source that finishes gives every sample as often as it has epochs, the last batch what is left")
    func finishedSourcesAreExact() throws {
        for (count, batchSize, epochs) in [(10, 4, 1), (103, 4, 3), (7, 4, 5), (3, 8, 2), (12, 4, 2)] {
            let sampler = try MixedSampler(
                seed: 3,
                entries: [
                    Self.entry(
                        "a", count: count, weights: [(0, 1)], batchSize: batchSize, ending: .finish(epochs: epochs))
                ])
            let batches = try #require(sampler.batches)
            var seen = [Int](repeating: 0, count: count)
            for number in 0..<batches {
                let indices = try sampler.plan(number).sampleIndices
                #expect(!indices.isEmpty && indices.count <= batchSize && Set(indices).count == indices.count)
                for index in indices { seen[index] += 1 }
            }
            #expect(seen.allSatisfy { $0 == epochs }, "\(count) samples by \(batchSize), \(epochs) epochs: \(seen)")
        }
    }

    @Test("a source that stops the run ends the mixture after its last batch")
    func stoppingSourceEndsTheRun() throws {
        let sampler = try MixedSampler(
            seed: 1,
            entries: [
                Self.entry("a", count: 20, weights: [(0, 1)], ending: .stop(epochs: 1)),
                Self.entry("b", count: 20, weights: [(0, 3)]),
            ])
        let batches = try #require(sampler.batches)
        let entries = (0..<batches).map { sampler.entry(ofBatch: $0) }
        #expect(entries.count { $0 == 0 } == 5 && entries.last == 0)
    }

    @Test("a mixture in which nothing has a weight is refused with the batch")
    func emptyStretches() {
        #expect(throws: SamplerError.nothingToSample(batch: 10)) {
            try MixedSampler(seed: 1, entries: [Self.entry("a", count: 9, weights: [(0, 1), (10, 0)])])
        }
    }

    /// Texts of 10 to 400 tokens.
    private static func lengths(_ count: Int) -> [Int] {
        var random = RandomKey(seed: 2, purpose: .test).stream
        return (0..<count).map { _ in 10 + random.integer(below: 390) }
    }

    private static func pooled(_ count: Int, pool: Int, batches: Int, ending: SamplerEntry.Ending) -> SamplerEntry {
        let lengths = lengths(count)
        return SamplerEntry(
            name: "t", count: count, weights: [.init(batch: 0, weight: 1)],
            batching: .lengths(pool: pool, batches: batches), ending: ending
        ) { lengths[$0] }
    }

    @Test("batches of a pool have nearly equal sums of lengths and neighbours in length")
    func poolsAreEven() throws {
        let lengths = Self.lengths(5000)
        let sampler = try MixedSampler(
            seed: 1, entries: [Self.pooled(5000, pool: 512, batches: 16, ending: .repeat)])
        for pool in [0, 3, 11] {
            let batches = try (16 * pool..<16 * pool + 16).map {
                try sampler.plan($0).sampleIndices.map { lengths[$0] }
            }
            let sums = batches.map { $0.reduce(0, +) }
            let mean = sums.reduce(0, +) / 16
            #expect(sums.allSatisfy { abs($0 - mean) < 450 }, "\(sums)")
            #expect(batches.reduce(0) { $0 + $1.count } == 512)
            let ranges = batches.map { $0.min()!...$0.max()! }.sorted { $0.lowerBound < $1.lowerBound }
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        }
    }

    @Test(
        "pools give every sample once per epoch, the last one too",
        arguments: [(1000, 128, 1), (1000, 128, 2), (200, 128, 3)])
    func poolsAreExact(count: Int, pool: Int, epochs: Int) throws {
        let sampler = try MixedSampler(
            seed: 1, entries: [Self.pooled(count, pool: pool, batches: 5, ending: .finish(epochs: epochs))])
        var seen = [Int](repeating: 0, count: count)
        for number in 0..<(try #require(sampler.batches)) {
            for index in try sampler.plan(number).sampleIndices { seen[index] += 1 }
        }
        #expect(seen.allSatisfy { $0 == epochs })
    }
}
