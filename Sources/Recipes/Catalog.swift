import Batches
import Corpora
import Models
import Objectives
import Text

/// From names in a recipe to working parts.
enum Catalog {
    static func objective(
        _ entry: Recipe.MixtureEntry, corpus: CorpusKind, _ config: ModelConfig, _ tokenizer: Tokenizer
    ) -> any Objective {
        switch config {
        case .unimo(let config): objective(entry, corpus: corpus, config, tokenizer)
        case .unimo2(let config): objective(entry, corpus: corpus, config, tokenizer)
        }
    }

    private static func objective(
        _ entry: Recipe.MixtureEntry, corpus: CorpusKind, _ config: UNIMOConfig, _ tokenizer: Tokenizer
    ) -> any Objective {
        let needs = config.regionNeeds
        let regions = corpus == .texts ? nil : needs
        switch entry.objective {
        case .maskedLanguage:
            return UNIMO.MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens, regions: regions,
                packsTexts: entry.packsTexts, mask: tokenizer.specials.mask, specials: tokenizer.specialIDs,
                weight: entry.lossWeight)
        case .sequenceToSequence:
            return UNIMO.SequenceToSequence(maxTokens: config.maxTokens, regions: regions, weight: entry.lossWeight)
        case .maskedRegion:
            return UNIMO.MaskedRegion(
                regions: needs, maxTokens: corpus == .images ? nil : config.maxTokens, weight: entry.lossWeight,
                classWeight: entry.classWeight)
        case .crossModalContrastive:
            return UNIMO.CrossModalContrast(
                maxTokens: config.maxTokens, regions: needs, related: entry.candidates?.counts ?? RelatedNeeds(),
                weight: entry.lossWeight)
        case .captioning:
            return UNIMO.Captioning(maxTokens: config.maxTokens, regions: needs, weight: entry.lossWeight)
        case .imageTextContrastive, .imageContrastive, .imageTextMatching:
            preconditionFailure("\(entry.objective.rawValue) was refused when the recipe was read")
        }
    }

    private static func objective(
        _ entry: Recipe.MixtureEntry, corpus: CorpusKind, _ config: UNIMO2Config, _ tokenizer: Tokenizer
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
        case .sequenceToSequence, .maskedRegion, .crossModalContrastive:
            preconditionFailure("\(entry.objective.rawValue) was refused when the recipe was read")
        }
    }

    /// - Parameters:
    ///   - model: that reads it: UNIMO gets scenes as regions. - ranks: that share the reading of a large corpus.
    static func corpus(
        _ source: Recipe.CorpusSource, for model: ModelConfig.Kind, ranks: Int, retry: ReadRetry
    ) throws -> any StoredCorpus {
        switch source.origin {
        case .scenes(let settings):
            let showsImages = source.kind == .images || source.kind == .pairs
            return SceneCorpus(
                name: source.name, kind: model == .unimo && showsImages ? .regions : source.kind, settings: settings)
        case .directory(let path):
            let corpus = try ShardCorpus(
                directory: path, name: source.name, cache: .init(windowBytes: source.shuffleWindow << 20, ranks: ranks),
                retry: retry)
            let holdsRegions = corpus.kind == .regions && [.images, .pairs].contains(source.kind)
            guard corpus.kind == source.kind || holdsRegions else {
                throw RecipeContradiction(
                    "corpus \(source.name) is declared as \(source.kind.rawValue), but \(path) holds \(corpus.kind.rawValue)"
                )
            }
            return corpus
        }
    }
}
