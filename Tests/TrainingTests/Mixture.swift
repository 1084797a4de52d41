import Batches
import Models
import Objectives
import Rehearsal
import Training

/// A small model with every objective, dropout on.
enum Mixture {
    static let config = ModelConfig(
        vocabulary: 61, maxTokens: 12, imageSize: 16, patchSize: 8,
        vision: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48),
        text: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48),
        joint: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48), projection: 8, dropout: 0.1)

    static let entries = [
        TrainedEntry(
            corpus: "texts",
            objective: MaskedLanguage(vocabulary: config.vocabulary, maxTokens: config.maxTokens, image: nil)),
        TrainedEntry(
            corpus: "pairs",
            objective: MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens, image: (config.imageSize, .none))),
        TrainedEntry(
            corpus: "pairs",
            objective: ImageTextContrastive(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: .none)),
        TrainedEntry(corpus: "images", objective: ImageContrastive(imageSize: config.imageSize)),
    ]

    /// `count` steps; each has a batch of every named entry, of that many samples.
    static func run(_ batches: [(entry: Int, samples: Int)], steps: Int = 1) -> RankedRun {
        var run = RankedRun(
            config: config, entries: entries,
            steps: (0..<steps).map { step in
                batches.map { entry, samples in
                    RankedRun.GlobalBatch(
                        entry: entry,
                        samples: inventedSamples(
                            samples, for: entries[entry].objective, vocabulary: config.vocabulary,
                            seed: UInt64(100 * step + entry)))
                }
            })
        // Gradients of a model as drawn are far apart in size; wider weights bring them together.
        run.weights = weights
        return run
    }

    private static let weights: [String: [Float]] = widened(UNIMO2(config))
}
