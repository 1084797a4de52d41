import Autograd
import Batches
import Runtime
public import Models

/// The grounded dictionary's loss as two terms of an objective (UNIMO-2 §3.2): α · reconstruction + β · commitment, α = 1 and
/// β = 0.25, means over all elements of the global batch.
public struct DictionaryTerms: Sendable, Equatable {
    /// G.
    let chosen: Int
    /// P.
    let patches: Int
    let weight: Float
    /// Grounded tokens of a sample that are hidden and told.
    let hidden: Int

    static let (alpha, beta): (Float, Float) = (1, 0.25)

    /// - Parameter weight: of both, in the objective's loss.
    /// - Returns: nil where the model has no dictionary.
    public init?(_ config: UNIMO2Config, weight: Float = 1) {
        guard let dictionary = config.dictionary else { return nil }
        chosen = dictionary.chosen
        patches = config.patches
        hidden = dictionary.hiddenCount
        self.weight = weight
    }

    static func terms(_ dictionary: DictionaryTerms?) -> [LossTerm] {
        guard let dictionary else { return [] }
        return [
            LossTerm("reconstruction", weight: alpha * dictionary.weight),
            LossTerm("commitment", weight: beta * dictionary.weight),
        ]
    }

    /// Of hidden grounded tokens, where the model hides any.
    static func hiddenTerms(_ dictionary: DictionaryTerms?) -> [LossTerm] {
        guard let dictionary, dictionary.hidden > 0 else { return [] }
        return [LossTerm("hidden_codes", weight: dictionary.weight)]
    }

    /// Draws which grounded tokens of a sample are hidden, ascending.
    func hide(_ stream: inout RandomStream) -> [Int32] {
        var places = Array(Int32(0)..<Int32(chosen))
        for i in 0..<hidden { places.swapAt(i, i + stream.integer(below: chosen - i)) }
        return places.prefix(hidden).sorted()
    }

    /// Rows of hidden grounded tokens among the `B · G` of a chunk.
    func rows(of hidden: [HiddenCode]) -> [Int32] { hidden.map { $0.sequence * Int32(chosen) + $0.place } }

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
