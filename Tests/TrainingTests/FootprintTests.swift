import Autograd
import Batches
import Models
import Objectives
import Rehearsal
import Runtime
import Tensors
import Testing

@testable import Training

@Suite struct FootprintTests {
    private static let mixtures = [Mixture.unimo2, Mixture.unimo]

    /// What an entry's batch takes, on a store without memory.
    private func footprint(
        _ mixture: Mixture, _ entry: Int, samples: Int, chunk: Int, trains: Bool = true
    ) throws -> Footprint {
        let model = mixture.model.makeModel()
        _ = ParameterStore(measuring: model.parameters, alignment: 16)
        return try Footprint.measure(
            MeasuredBatch(mixture.entries[entry].objective, globalCount: samples, sliceCount: samples, trains: trains),
            chunk: chunk, model, WorkerPool(threads: 1))
    }

    @Test("no step of any objective takes more than is measured for it, whole or in chunks", arguments: mixtures)
    func stepsStayBelow(mixture: Mixture) throws {
        for entry in mixture.entries.indices {
            for (samples, chunk) in [(6, 6), (6, 2), (5, 1)] {
                let measured = try footprint(mixture, entry, samples: samples, chunk: chunk)
                var run = mixture.run([(entry, samples)], steps: 3)
                run.chunkSize = chunk
                run.arenaBytes = measured.arenaBytes
                let taken = try run.onEachRank { trainer, source in
                    for _ in 0..<3 { _ = try trainer.runStep(source, stopRequested: false) }
                    return trainer.arenaHighWater
                }[0]
                let name = mixture.entries[entry].objective.name
                #expect(taken <= measured.arenaBytes, "\(name), \(chunk) of \(samples)")
                // Texts here are half as long as they may be on average, and images have half of the regions.
                #expect(4 * taken > measured.arenaBytes, "\(name), \(chunk) of \(samples)")
            }
        }
    }

    @Test("what an objective declares is what it trains", arguments: mixtures)
    func groupsAreDeclared(mixture: Mixture) throws {
        let known = Set(mixture.model.makeModel().parameters.map(\.group))
        for entry in mixture.entries.indices {
            let measured = try footprint(mixture, entry, samples: 3, chunk: 3)
            #expect(measured.groups == mixture.entries[entry].groups.intersection(known))
            #expect(try footprint(mixture, entry, samples: 3, chunk: 3, trains: false).groups.isEmpty)
        }
    }

    @Test("a gradient that no group declares ends the program before the first step")
    func foreignGradientsTrap() async {
        await #expect(processExitsWith: .failure) {
            let entry = TrainedEntry(corpus: "pairs", objective: Mixture.unimo2.entries[0].objective)
            entry.check(Footprint(arenaBytes: 0, poolBytes: 0, groups: ["vision", "itm"]), groups: ["vision", "itm"])
        }
    }

    @Test("validation takes less than training", arguments: mixtures)
    func validationTakesLess(mixture: Mixture) throws {
        for entry in mixture.entries.indices {
            let trained = try footprint(mixture, entry, samples: 6, chunk: 6)
            let validated = try footprint(mixture, entry, samples: 6, chunk: 6, trains: false)
            #expect(validated.arenaBytes < trained.arenaBytes, "\(mixture.entries[entry].objective.name)")
        }
    }

    @Test("a chunk of a million samples is measured from a few")
    func longChunksAreExtrapolated() throws {
        let few = try footprint(.unimo2, 0, samples: 4096, chunk: 4096)
        let many = try footprint(.unimo2, 0, samples: 1_000_000, chunk: 1_000_000)
        let ratio = Double(many.arenaBytes) / Double(few.arenaBytes)
        #expect(abs(ratio / (1_000_000 / 4096) - 1) < 0.02)
    }
}
