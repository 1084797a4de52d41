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
}
