public import Autograd
import Tensors

/// The dictionary that images and texts share (UNIMO-2 §3.2): codes e and the sharpness γ of their scores. A sample's
/// grounded tokens are the G codes that its patches and words score highest, gathered as they are: neither straight-through
/// estimation nor moving averages.
public struct GroundedDictionary {
    public let config: DictionaryConfig
    /// e, `(K, C)`.
    public let codes: Parameter
    /// γ; the stored value is clipped to `sharpnessRange`.
    public let sharpness: Parameter

    public static let sharpnessRange: ClosedRange<Float> = 1...1e4

    init(_ list: inout ParameterList, _ config: DictionaryConfig, width: Int) {
        self.config = config
        codes = list.add("dictionary.codes", [config.codes, width], .uniform(magnitude: 1 / Float(config.codes)))
        sharpness = list.add("dictionary.sharpness", [1], .constant(100))
    }

    /// The grounded tokens of samples.
    public struct Choice {
        let patches: Variable?
        let tokens: Variable?
        let samples: [DictionaryRows]
        /// `(B · G)`: which codes.
        public let codes: [Int32]
        /// `(B · G, C)`.
        public let chosen: Variable
    }

    /// - Parameters:
    ///   - patches: `(·, C)`, rows of the visual encoder, or nil. - tokens: `(·, C)`, of the text encoder, or nil.
    ///   - samples: each sample's rows of both, without class rows.
    func choose(patches: Variable?, tokens: Variable?, _ samples: [DictionaryRows], _ tape: Tape) -> Choice {
        let rows = tape.chooseCodes(
            patches: patches, tokens: tokens, samples, codes: codes, sharpness: sharpness, count: config.chosen,
            scores: config.scores)
        return Choice(patches: patches, tokens: tokens, samples: samples, codes: rows, chosen: tape.lookUp(codes, rows))
    }

    /// The grounded tokens of a choice as the Grounded Transformer sees them: rows of zeros where they are hidden.
    func visible(_ choice: Choice, hidden rows: [Int32], _ tape: Tape) -> Variable {
        rows.isEmpty ? choice.chosen : tape.hideRows(choice.chosen, rows)
    }

    /// Both parts of the dictionary's loss over a choice's samples, each Σ over elements times its scale over C.
    /// - Parameter scales: weight over the global number of inputs (reconstruction) and of codes chosen (commitment).
    public func loss(_ choice: Choice, _ scales: DictionaryScales, _ tape: Tape) -> [Double] {
        let width = Float(codes.value.columns)
        let parts = tape.dictionaryLoss(
            patches: choice.patches, tokens: choice.tokens, choice.samples, chosen: choice.chosen,
            sharpness: sharpness,
            DictionaryScales(reconstruction: scales.reconstruction / width, commitment: scales.commitment / width))
        return [parts.reconstruction, parts.commitment]
    }
}
