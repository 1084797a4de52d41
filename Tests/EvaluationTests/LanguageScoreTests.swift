import Evaluation
import Glibc
import Testing

@Suite struct LanguageScoreTests {
    private func scores(_ rows: [(logits: [Float], label: Int)]) -> LanguageScores {
        var scores = LanguageScores()
        for row in rows { row.logits.withUnsafeBufferPointer { scores.add(logits: $0, label: row.label) } }
        return scores
    }

    @Test("a model that knows nothing is as perplexed as the vocabulary is large")
    func uniformIsTheVocabulary() {
        let found = scores((0..<7).map { (logits: [Float](repeating: 3, count: 7), label: $0) })
        #expect(abs(found.perplexity - 7) < 1e-12)
        #expect(found.accuracy == 1.0 / 7)
    }

    @Test("perplexity is e to the mean cross entropy, whatever is added to all logits")
    func isTheMeanCrossEntropy() {
        let (a, b): ([Float], [Float]) = ([1, 2, 0.5], [1000.25, 999, 1001])
        func entropy(_ logits: [Float], _ label: Int) -> Double {
            log(logits.reduce(0.0) { $0 + exp(Double($1 - logits[label])) })
        }
        let found = scores([(a, 1), (b, 0)])
        #expect(abs(found.loss - (entropy(a, 1) + entropy(b, 0)) / 2) < 1e-12)
        #expect(abs(found.perplexity - exp(found.loss)) < 1e-12)
        #expect(found.accuracy == 0.5)
        #expect(found.tokens == 2)
    }

    @Test("nothing masked is a perplexity of one, not a division by zero")
    func nothingIsSafe() {
        #expect(LanguageScores().perplexity == 1)
        #expect(LanguageScores().accuracy == 0)
    }
}
