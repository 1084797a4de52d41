import Batches
import Models
import Objectives
import Rehearsal
import Testing
import Training

/// A small model with all its objectives.
struct Mixture: Sendable, CustomTestStringConvertible {
    let model: ModelConfig
    let entries: [TrainedEntry]

    var testDescription: String { model.kind.rawValue }

    /// `count` steps; each has a batch of every named entry, of that many samples.
    func run(_ batches: [(entry: Int, samples: Int)], steps: Int = 1) -> RankedRun {
        var run = RankedRun(
            model: model, entries: entries,
            steps: (0..<steps).map { step in
                batches.map { entry, samples in
                    RankedRun.GlobalBatch(
                        entry: entry,
                        samples: inventedSamples(
                            samples, for: entries[entry].objective, vocabulary: model.vocabulary,
                            seed: UInt64(100 * step + entry)))
                }
            })
        // Gradients of a model as drawn are far apart in size; wider weights bring them together.
        run.weights = widened(model.makeModel())
        return run
    }

    /// A batch of every entry, of 4 to 7 samples.
    var all: [(entry: Int, samples: Int)] { entries.indices.map { ($0, 4 + $0 % 4) } }
}
