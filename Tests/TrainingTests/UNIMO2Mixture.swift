import Batches
import Models
import Objectives
import Training

extension Mixture {
    /// UNIMO-2 with every objective, dropout on.
    static let unimo2 = Mixture(model: .unimo2(UNIMO2Entries.config), entries: UNIMO2Entries.entries)
}

private enum UNIMO2Entries {
    static let config = UNIMO2Config(
        vocabulary: 61, maxTokens: 12, imageSize: 16, patchSize: 8,
        vision: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48),
        text: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48),
        grounded: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48),
        dictionary: DictionaryConfig(codes: 40, chosen: 6), projection: 8, dropout: 0.1)

    private static let dictionary = DictionaryTerms(config)

    private static func matching(_ mismatch: ImageTextMatching.Mismatch) -> TrainedEntry {
        TrainedEntry(
            corpus: "pairs",
            objective: ImageTextMatching(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: .none, mismatch: mismatch,
                hasDictionary: true))
    }

    static let entries = [
        TrainedEntry(
            corpus: "texts",
            objective: MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens, image: nil, dictionary: dictionary)),
        TrainedEntry(
            corpus: "pairs",
            objective: MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens, image: (config.imageSize, .none),
                dictionary: dictionary)),
        TrainedEntry(
            corpus: "pairs",
            objective: ImageTextContrastive(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: .none)),
        TrainedEntry(
            corpus: "images", objective: ImageContrastive(imageSize: config.imageSize, dictionary: dictionary)),
        TrainedEntry(
            corpus: "pairs",
            objective: Captioning(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: .none, dictionary: dictionary)),
        matching(.uniform), matching(.similar),
    ]
}
