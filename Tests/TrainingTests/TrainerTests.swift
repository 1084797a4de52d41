import Autograd
import Batches
import Rehearsal
import Testing
import Training

@Suite(.serialized) struct TrainerTests {
    @Test("validation has no dropout and changes nothing", arguments: [1, 3])
    func validationChangesNothing(ranks: Int) throws {
        // Pools smaller than those of training, and smaller than the ranks.
        var run = Mixture.unimo2.run([(0, 7), (2, 7), (3, 7)], steps: 1)
        run.ranks = ranks

        let results = try run.onEachRank { trainer, source in
            _ = try trainer.runStep(source, stopRequested: false)
            let batch = try source.next()
            let held = Batch(
                number: 0, entry: batch.entry, globalCount: batch.globalCount, slice: batch.slice, chunks: batch.chunks)
            let store = trainer.store
            let before = (0..<store.count).map { store.weights[$0] }
            let first = try trainer.validate([held]).map(\.loss)
            let second = try trainer.validate([held]).map(\.loss)
            let isUntouched = (0..<store.count).allSatisfy {
                store.weights[$0] == before[$0] && store.gradients[$0] == 0
            }
            return (first, second, isUntouched, trainer.step)
        }
        #expect(results.count == ranks)
        for (first, second, isUntouched, step) in results {
            #expect(first == second && first == results[0].0 && first[0].isFinite)
            #expect(isUntouched && step == 1)
        }
    }

    @Test("a pool smaller than the one before is gathered at its own size", arguments: [1, 3])
    func poolsMayShrink(ranks: Int) throws {
        var run = Mixture.unimo2.run([(2, 7)])
        let small = Mixture.unimo2.run([(2, 2)])
        run.ranks = ranks
        run.steps += small.steps
        let losses = try run.run().losses
        var alone = run
        alone.ranks = 1
        let expected = try alone.run().losses
        #expect(abs(losses[1][0] - expected[1][0]) <= 1e-5 * abs(expected[1][0]))
    }
}
