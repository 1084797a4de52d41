import Batches
import Corpora
import Models
public import Evaluation
import Objectives
import Tensors
import Text

/// Masked tokens of a corpus, told by a model.
public struct LanguageOutcome: Sendable {
    public let samples: Int
    public let textAlone: LanguageScores
    /// The same tokens with the image beside them; nil for a corpus of texts.
    public let besideImage: LanguageScores?
}

extension EvaluatedModel {
    /// Masks the texts of a corpus as pre-training does and asks the model for the tokens.
    /// - Parameters:
    ///   - seed: of which tokens are masked. - limit: of samples; nil for all.
    ///   - progress: samples done, samples in all.
    public func language(
        corpus name: String, seed: UInt64, limit: Int? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> LanguageOutcome {
        let found = try corpus(name)
        guard found.hasTexts else {
            throw RecipeContradiction("\(name) holds \(found.corpus.kind.rawValue); language needs texts or pairs")
        }
        let objective = maskedLanguage(besideImages: found.hasImages)
        let reader = reader(of: found.corpus, needs: objective.needs, seed: seed) { objective.prepare(&$0, $1) }
        let scorer = MaskedTokenScorer(model: model, workspace: workspace)
        var (alone, beside) = (LanguageScores(), LanguageScores())
        let samples = try forEachChunk(
            of: reader, limit: limit, footprint: { scorer.footprint($0, seesImages: found.hasImages) },
            progress: progress
        ) { chunk in
            try scorer.score(chunk, seesImages: false, into: &alone)
            if found.hasImages { try scorer.score(chunk, seesImages: true, into: &beside) }
        }
        return LanguageOutcome(samples: samples, textAlone: alone, besideImage: found.hasImages ? beside : nil)
    }

    /// Masks as pre-training does.
    private func maskedLanguage(besideImages hasImages: Bool) -> any Objective {
        switch config {
        case .unimo(let config):
            UNIMO.MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                regions: hasImages ? config.regionNeeds : nil, packsTexts: !hasImages,
                mask: tokenizer.specials.mask, specials: tokenizer.specialIDs)
        case .unimo2(let config):
            MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                image: hasImages ? (config.imageSize, .none) : nil, packsTexts: !hasImages,
                mask: tokenizer.specials.mask, specials: tokenizer.specialIDs)
        }
    }
}
