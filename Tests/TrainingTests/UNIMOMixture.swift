import Batches
import Models
import Objectives
import Training

extension Mixture {
    /// UNIMO with every objective, dropout on.
    static let unimo = Mixture(model: .unimo(UNIMOEntries.config), entries: UNIMOEntries.entries)
}

private enum UNIMOEntries {
    static let config = UNIMOConfig(
        vocabulary: 61, maxTokens: 14, maxRegions: 5, regionWidth: 12, regionClasses: 7,
        transformer: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48), projection: 8, dropout: 0.1)

    static let entries: [TrainedEntry] = {
        let (regions, maxTokens) = (config.regionNeeds, config.maxTokens)
        let related = RelatedNeeds(paraphrases: 1, words: 2, phrases: 1, sentences: 1, images: 2, texts: 2)
        return [
            TrainedEntry(
                corpus: "texts",
                objective: UNIMO.MaskedLanguage(vocabulary: config.vocabulary, maxTokens: maxTokens, regions: nil)),
            TrainedEntry(
                corpus: "pairs",
                objective: UNIMO.MaskedLanguage(vocabulary: config.vocabulary, maxTokens: maxTokens, regions: regions)),
            TrainedEntry(corpus: "texts", objective: UNIMO.SequenceToSequence(maxTokens: maxTokens, regions: nil)),
            TrainedEntry(corpus: "pairs", objective: UNIMO.SequenceToSequence(maxTokens: maxTokens, regions: regions)),
            TrainedEntry(corpus: "images", objective: UNIMO.MaskedRegion(regions: regions, maxTokens: nil)),
            TrainedEntry(corpus: "pairs", objective: UNIMO.MaskedRegion(regions: regions, maxTokens: maxTokens)),
            TrainedEntry(
                corpus: "pairs",
                objective: UNIMO.CrossModalContrast(maxTokens: maxTokens, regions: regions, related: related)),
            TrainedEntry(corpus: "pairs", objective: UNIMO.Captioning(maxTokens: maxTokens, regions: regions)),
        ]
    }()
}
