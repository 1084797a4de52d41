import Batches
import Objectives
import Rehearsal
import Testing
import Training

@Suite struct ValidationTests {
    @Test("any number of held-out batches is validated, each as if it were alone")
    func manyBatches() throws {
        let mixture = Mixture.unimo2
        let entry = mixture.entries.indices.max {
            mixture.entries[$0].objective.terms.count < mixture.entries[$1].objective.terms.count
        }!
        let losses = try mixture.run([(entry, 1)]).onEachRank { trainer, source in
            let batch = try source.next()
            let alone = try trainer.validate([batch])[0].loss
            return try (alone, trainer.validate(Array(repeating: batch, count: 3000)).map(\.loss))
        }[0]
        #expect(losses.1.count == 3000)
        #expect(losses.1.allSatisfy { $0 == losses.0 })
    }
}
