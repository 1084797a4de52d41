import Batches
import Rehearsal
import Testing

@testable import Training

@Suite struct HeldOutLossTests {
    private func report(
        _ terms: [(count: Double, weight: Double, value: Double)], samples: Int
    ) -> StepReport.BatchReport {
        StepReport.BatchReport(
            entry: 0, number: 0, loss: terms.reduce(0) { $0 + $1.weight * $1.value },
            terms: terms.map { StepReport.Term(name: "", count: $0.count, weight: $0.weight, value: $0.value) },
            samples: samples, tokens: 0)
    }

    @Test("each term is averaged by its own counts, whatever the batches have in samples")
    func byHand() {
        // 10 tokens of loss 2 in four samples and 90 of loss 3 in one: 290 / 100. Samples: (4 · 5 + 1 · 10) / 5.
        let loss = HeldOutLoss([
            report([(10, 1, 2), (4, 0.5, 5)], samples: 4), report([(90, 1, 3), (1, 0.5, 10)], samples: 1),
        ])
        #expect(abs(loss.value - (2.9 + 0.5 * 6)) < 1e-12)
    }

    @Test("batches with nothing to count, or none at all, are no division by zero")
    func nothingCounted() {
        #expect(HeldOutLoss([]).value == 0)
        #expect(HeldOutLoss([report([(0, 1, 0)], samples: 3)]).value == 0)
        #expect(HeldOutLoss([report([(0, 1, 0)], samples: 3), report([(2, 1, 7)], samples: 1)]).value == 7)
    }

    /// Entries whose loss is a sum over samples; pools have other candidates in other batches.
    @Test("batches of 5 and of 2 samples have the loss of one batch of 7", arguments: [0, 1, 4], [1, 2])
    func unequalBatches(entry: Int, ranks: Int) throws {
        var whole = Mixture.unimo2.run([(entry, 7)])
        let samples = whole.steps[0][0].samples
        var parts = whole
        parts.steps = [samples[..<5], samples[5...]].map { [RankedRun.GlobalBatch(entry: entry, samples: Array($0))] }
        whole.ranks = ranks
        parts.ranks = ranks
        let expected = try loss(of: whole)
        let found = try loss(of: parts)
        #expect(abs(found - expected) <= 1e-6 * abs(expected), "\(found), as one batch \(expected)")
    }

    private func loss(of run: RankedRun) throws -> Double {
        let batches = run.steps.count
        return try run.onEachRank { trainer, source in
            HeldOutLoss(try trainer.validate((0..<batches).map { _ in try source.next() })).value
        }[0]
    }
}
