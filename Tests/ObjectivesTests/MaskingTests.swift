import Batches
import Objectives
import Runtime
import Testing

@Suite struct MaskingTests {
    static let vocabulary = 1000
    static let objective = MaskedLanguage(vocabulary: vocabulary, maxTokens: 64, image: nil)

    /// A text of `n` tokens whose words are of one, two and three tokens.
    private func sample(_ n: Int) -> Sample {
        let tokens = [0] + (0..<n - 2).map { Int32(10 + $0) } + [2]
        let starts = (0..<n).map { $0 > 0 && $0 < n - 1 && [0, 1, 3].contains(($0 - 1) % 6) }
        return Sample(key: "text", tokens: tokens, wordStarts: starts)
    }

    private func prepared(_ n: Int, seed: UInt64) -> Sample {
        var sample = sample(n)
        Self.objective.prepare(&sample, RandomKey(seed: seed, purpose: .masking))
        return sample
    }

    @Test("15 % of the tokens are masked, rounded up, specials never", arguments: [3, 4, 7, 20, 64])
    func shareIsKept(n: Int) {
        for seed in 0..<200 {
            let sample = prepared(n, seed: UInt64(seed))
            #expect(sample.masked.count == min(Int((0.15 * Float(n)).rounded(.up)), n - 2))
            #expect(sample.masked.allSatisfy { $0.row > 0 && $0.row < n - 1 && $0.label == 9 + $0.row })
            #expect(zip(sample.masked, sample.masked.dropFirst()).allSatisfy { $0.row < $1.row })
            let masked = Set(sample.masked.map { Int($0.row) })
            #expect(
                sample.tokens.indices.allSatisfy {
                    masked.contains($0) || sample.tokens[$0] == self.sample(n).tokens[$0]
                })
        }
    }

    @Test("80 % become the mask, 10 % another id, 10 % stay")
    func replacementsHaveTheirShares() {
        var (mask, other, same) = (0, 0, 0)
        for seed in 0..<2000 {
            let sample = prepared(64, seed: UInt64(seed))
            for masked in sample.masked {
                let token = sample.tokens[Int(masked.row)]
                #expect(token >= 4)
                if token == Int32(Self.vocabulary - 1) {
                    mask += 1
                } else if token == masked.label {
                    same += 1
                } else {
                    other += 1
                }
            }
        }
        let all = Double(mask + other + same)
        func isNear(_ count: Int, _ share: Double) -> Bool {
            abs(Double(count) - share * all) < 4 * (share * (1 - share) * all).squareRoot() + 0.002 * all
        }
        #expect(isNear(mask, 0.8) && isNear(other, 0.1) && isNear(same, 0.1), "\(mask) \(other) \(same)")
    }

    @Test("masking is a pure function of the sample and its key")
    func maskingRepeats() {
        #expect(prepared(40, seed: 5) == prepared(40, seed: 5))
        #expect(prepared(40, seed: 5) != prepared(40, seed: 6))
    }

    @Test("a text without words is left alone")
    func emptyTextIsLeftAlone() { #expect(prepared(2, seed: 1).masked.isEmpty) }

    @Test("each objective names its groups and what it divides by")
    func objectivesDeclare() {
        #expect(Self.objective.groups == ["text", "grounded", "mlm"])
        #expect(MaskedLanguage(vocabulary: 9, maxTokens: 9, image: (16, .mild)).groups.contains("vision"))
        #expect(
            ImageTextContrastive(maxTokens: 9, imageSize: 16, augmentation: .mild).groups == ["vision", "text", "itc"])
        #expect(ImageContrastive(imageSize: 16).groups == ["vision", "simclr"])
        let samples = [prepared(20, seed: 1), prepared(7, seed: 2)]
        let chunk = Chunk(positions: 4..<6, samples: samples, needs: Self.objective.needs)
        #expect(Self.objective.counts(chunk) == [3 + 2])
        #expect(chunk.text?.maskedRows.last.map { $0 >= 20 } == true)
    }
}
