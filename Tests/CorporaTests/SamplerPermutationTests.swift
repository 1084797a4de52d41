import Runtime
import Testing

@testable import Corpora

@Suite struct SamplerPermutationTests {
    private func permutation(_ count: Int, seed: UInt64 = 7, epoch: Int = 0) -> KeyedPermutation {
        KeyedPermutation(count: count, key: RandomKey(seed: seed, batch: epoch, purpose: .order))
    }

    @Test("every count up to 300 and some beyond is permuted one to one, and the inverse undoes it")
    func bijection() {
        for count in Array(1...300) + [511, 512, 513, 1000, 4097, 65_537] {
            let permutation = permutation(count)
            var seen = [Bool](repeating: false, count: count)
            for index in 0..<count {
                let element = permutation(index)
                #expect(!seen[element], "count \(count): element \(element) comes twice")
                seen[element] = true
                #expect(permutation.index(of: element) == index)
            }
        }
    }

    @Test("epochs and seeds give different orders")
    func different() {
        let order = (0..<1000).map { permutation(1000)($0) }
        #expect(order != (0..<1000).map { permutation(1000, epoch: 1)($0) })
        #expect(order != (0..<1000).map { permutation(1000, seed: 8)($0) })
        #expect(order == (0..<1000).map { permutation(1000)($0) })
    }

    @Test("each element is about equally often in each place")
    func uniform() {
        let count = 12
        let epochs = 12_000
        var counts = [Int](repeating: 0, count: count * count)
        for epoch in 0..<epochs {
            let permutation = permutation(count, epoch: epoch)
            for index in 0..<count { counts[index * count + permutation(index)] += 1 }
        }
        // Expected 1000 each; the sum of squares is chi-squared with 121 degrees of freedom, 5 sigma above its mean.
        let expected = Double(epochs) / Double(count)
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(statistic < 121 + 5 * 15.6)
    }

    @Test("runs of neighbours stay together and every sample comes once, whatever is left for the last run")
    func runsStayTogether() {
        for count in [1, 5, 8, 9, 63, 64, 65, 300] {
            for length in [1, 2, 4, 7, 8, 400] {
                for seed in 0..<5 {
                    let key = RandomKey(seed: UInt64(seed), purpose: .order)
                    let permutation = RunPermutation(count: count, length: length, key: key)
                    let order = (0..<count).map { permutation($0) }
                    #expect(order.sorted() == Array(0..<count), "\(count) by \(length)")
                    var place = 0
                    while place < count {
                        let run = order[place] / length * length..<min(order[place] / length * length + length, count)
                        #expect(Array(order[place..<place + run.count]) == Array(run), "\(count) by \(length)")
                        place += run.count
                    }
                }
            }
        }
    }

    @Test("samples that come together lie in one batch; a corpus by frames or a pool by lengths can't keep them")
    func togetherNeedsOneShuffle() throws {
        var entry = SamplerEntry(name: "pairs", count: 64, weight: 1, batchSize: 16)
        entry.together = 4
        let sampler = try MixedSampler(seed: 1, entries: [entry])
        for number in 0..<8 {
            let indices = try sampler.plan(number).sampleIndices
            for start in stride(from: 0, to: 16, by: 4) {
                #expect(indices[start] % 4 == 0)
                #expect(Array(indices[start..<start + 4]) == Array(indices[start]..<indices[start] + 4))
            }
        }
        entry.storage = .init(frameSamples: [32, 32], window: 64)
        #expect(throws: SamplerError.together(entry: "pairs")) { try MixedSampler(seed: 1, entries: [entry]) }
        entry.storage = .loose
        entry.batching = .lengths(pool: 64, batches: 4)
        #expect(throws: SamplerError.together(entry: "pairs")) { try MixedSampler(seed: 1, entries: [entry]) }
    }
}
