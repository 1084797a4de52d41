import Autograd
import Batches
public import Models

/// The grounded dictionary's loss as two terms of an objective (UNIMO-2 §3.2): α · reconstruction + β · commitment, α = 1 and
/// β = 0.25, means over all elements of the global batch.
public struct DictionaryTerms: Sendable, Equatable {
    /// G.
    let chosen: Int
    /// P.
    let patches: Int
    let weight: Float

    static let (alpha, beta): (Float, Float) = (1, 0.25)

    /// - Parameter weight: of both, in the objective's loss.
    /// - Returns: nil where the model has no dictionary.
    public init?(_ config: ModelConfig, weight: Float = 1) {
        guard let dictionary = config.dictionary else { return nil }
        chosen = dictionary.chosen
        patches = config.patches
        self.weight = weight
    }

    static func terms(_ dictionary: DictionaryTerms?) -> [LossTerm] {
        guard let dictionary else { return [] }
        return [
            LossTerm("reconstruction", weight: alpha * dictionary.weight),
            LossTerm("commitment", weight: beta * dictionary.weight),
        ]
    }

    /// Inputs and codes of a chunk.
    /// - Parameters: images: of which the patches are seen. - text: of which all tokens but `<s>` are seen.
    static func counts(_ dictionary: DictionaryTerms?, images: Int, _ text: TextRows?) -> [Int] {
        guard let dictionary else { return [] }
        let texts = text.map { $0.offsets.count - 1 } ?? 0
        return [
            images * dictionary.patches + (text?.tokens.count ?? 0) - texts, max(images, texts) * dictionary.chosen,
        ]
    }

    /// Both terms of a choice; nothing where the model has no dictionary.
    /// - Parameter scales: of the two terms.
    static func losses(
        _ choice: GroundedDictionary.Choice?, _ model: UNIMO2, _ scales: ArraySlice<Float>, _ tape: Tape
    ) -> [Double] {
        guard let choice, let dictionary = model.dictionary, let first = scales.first, let last = scales.last else {
            return []
        }
        return dictionary.loss(choice, DictionaryScales(reconstruction: first, commitment: last), tape)
    }
}
