import Corpora
import Models
import Objectives
import Text

/// From names in a recipe to working parts.
enum Catalog {
    static func objective(
        _ entry: Recipe.MixtureEntry, corpus: CorpusKind, _ config: ModelConfig, _ tokenizer: Tokenizer
    ) -> any Objective {
        let dictionary = DictionaryTerms(config, weight: entry.dictionaryWeight)
        return switch entry.objective {
        case .maskedLanguage:
            MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                image: corpus == .pairs ? (config.imageSize, entry.augmentation) : nil, packsTexts: entry.packsTexts,
                mask: tokenizer.specials.mask, specials: tokenizer.specialIDs, weight: entry.lossWeight,
                dictionary: dictionary)
        case .imageTextContrastive:
            ImageTextContrastive(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: entry.augmentation,
                weight: entry.lossWeight)
        case .imageContrastive:
            ImageContrastive(
                imageSize: config.imageSize, augmentation: entry.augmentation, weight: entry.lossWeight,
                dictionary: dictionary)
        case .imageTextMatching:
            ImageTextMatching(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: entry.augmentation,
                mismatch: entry.mismatch, share: entry.mismatchShare, weight: entry.lossWeight,
                hasDictionary: config.dictionary != nil)
        case .captioning:
            Captioning(
                maxTokens: config.maxTokens, imageSize: config.imageSize, augmentation: entry.augmentation,
                weight: entry.lossWeight, dictionary: dictionary)
        }
    }

    /// - Parameter ranks: that share the reading of a large corpus.
    static func corpus(_ source: Recipe.CorpusSource, ranks: Int, retry: ReadRetry) throws -> any StoredCorpus {
        switch source.origin {
        case .scenes(let settings):
            return SceneCorpus(name: source.name, kind: source.kind, settings: settings)
        case .directory(let path):
            let corpus = try ShardCorpus(
                directory: path, name: source.name, cache: .init(windowBytes: source.shuffleWindow << 20, ranks: ranks),
                retry: retry)
            guard corpus.kind == source.kind else {
                throw RecipeContradiction(
                    "corpus \(source.name) is declared as \(source.kind.rawValue), but \(path) holds \(corpus.kind.rawValue)"
                )
            }
            return corpus
        }
    }
}
