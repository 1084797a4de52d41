import Batches
import Models
import Objectives
import Runtime
import Testing

@Suite struct SequenceToSequenceTests {
    private let objective = UNIMO.SequenceToSequence(maxTokens: 128, regions: nil)

    private func prepared(_ count: Int, seed: UInt64) -> (text: [Int32], sample: Sample) {
        let text = [0] + (0..<Int32(count - 2)).map { 10 + $0 } + [2]
        var sample = Sample(key: "", tokens: text)
        objective.prepare(&sample, RandomKey(seed: seed, purpose: .masking))
        return (text, sample)
    }

    @Test("what is cut out and what is left make up the text", arguments: [4, 5, 8, 20, 60, 128])
    func cutsAndKeepsEverything(count: Int) {
        for seed in 0..<50 {
            let (text, sample) = prepared(count, seed: UInt64(seed))
            let inner = sample.target.filter { $0 >= 10 }
            #expect(sample.tokens.first == 0 && sample.tokens.last == 2)
            #expect((sample.tokens.dropFirst().dropLast() + inner).sorted() == Array(text.dropFirst().dropLast()))
            #expect(inner.count == max(1, Int((0.25 * Float(count - 2)).rounded(.up))))
        }
    }

    @Test("every fragment stands between <s> and </s>, its tokens in the text's order and next to each other")
    func fragmentsHaveEnds() {
        for seed in 0..<50 {
            let (_, sample) = prepared(120, seed: UInt64(seed))
            for fragment in sample.target.split(separator: 2) {
                #expect(fragment.first == 0)
                let tokens = Array(fragment.dropFirst())
                #expect(!tokens.isEmpty && tokens.count <= 32)
                #expect(zip(tokens, tokens.dropFirst()).allSatisfy { $1 == $0 + 1 })
            }
            #expect(sample.target.last == 2)
        }
    }

    @Test("a text of one token or none is left alone", arguments: [2, 3])
    func shortTextsAreLeft(count: Int) {
        let (text, sample) = prepared(count, seed: 1)
        #expect(sample.tokens == text && sample.target.isEmpty)
    }
}
