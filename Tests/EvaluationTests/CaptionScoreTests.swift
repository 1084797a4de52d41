import Evaluation
import Testing

@Suite struct CaptionScoreTests {
    private let references = [
        ["a small red circle above a large blue square"], ["a large green star left of a small brown ring"],
        ["a cat on a mat", "there is a cat on the mat"],
    ]

    @Test("the references themselves score full marks")
    func perfect() {
        let scores = CaptionScores(captions: references.map { $0[0] }, references: references)
        #expect(scores.exact == 1 && scores.samples == 3)
        #expect(abs(scores.bleu4 - 1) < 1e-12)
        let single = Array(references.prefix(2))
        #expect(abs(CaptionScores(captions: single.map { $0[0] }, references: single).cider - 10) < 1e-9)
    }

    @Test("words count, not case or punctuation")
    func wordsAreCompared() {
        let scores = CaptionScores(captions: ["A cat, on a mat."], references: [["a cat on a mat"]])
        #expect(scores.exact == 1)
    }

    /// Papineni et al. 2002, example 1: p1 17/18, p2 10/17, p3 7/16, p4 4/15 for candidate 1.
    @Test("BLEU-4 is that of the paper's first example")
    func bleuOfThePaper() {
        let candidate = "It is a guide to action which ensures that the military always obeys the commands of the party"
        let targets = [
            "It is a guide to action that ensures that the military will forever heed Party commands",
            "It is the guiding principle which guarantees the military forces always being under the command of the Party",
            "It is the practical guide for the army always to heed the directions of the party",
        ]
        let scores = CaptionScores(captions: [candidate], references: [targets])
        let expected = (17.0 / 18 * 10.0 / 17 * 7.0 / 16 * 4.0 / 15).squareRoot().squareRoot()
        #expect(abs(scores.bleu4 - expected) < 1e-12, "\(scores.bleu4), expected \(expected)")
    }

    @Test("a caption without four right words in a row has a BLEU-4 of zero")
    func nothingRight() {
        #expect(CaptionScores(captions: ["a b c d e"], references: [["v w x y z"]]).bleu4 == 0)
    }

    @Test("short captions pay: the right beginning alone scores less")
    func brevity() {
        let short = CaptionScores(captions: ["a small red circle above"], references: [references[0]])
        #expect(short.bleu4 > 0 && short.bleu4 < 0.5)
        let two = CaptionScores(
            captions: ["a small red circle above", references[1][0]], references: Array(references.prefix(2)))
        #expect(two.cider > 5 && two.cider < 10)
    }
}
