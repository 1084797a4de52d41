public import Autograd

/// Sizes and behaviour of the grounded dictionary (UNIMO-2 §3.2).
public struct DictionaryConfig: Sendable, Equatable, Codable {
    /// K, codes to choose from.
    public var codes: Int
    /// G, grounded tokens of a sample.
    public var chosen: Int
    /// `balanced` by default; `summed` is the released behaviour.
    public var scores: DictionaryScores

    /// Share of the grounded tokens that masked language modelling hides and has told (`with_grounding_mask` of the authors'
    /// code); 0 hides none, and the model has no head for it.
    public var hidden: Float

    public init(codes: Int, chosen: Int, scores: DictionaryScores = .balanced, hidden: Float = 0) {
        self.codes = codes
        self.chosen = chosen
        self.scores = scores
        self.hidden = hidden
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            codes: try container.decode(Int.self, forKey: .codes),
            chosen: try container.decode(Int.self, forKey: .chosen),
            scores: try container.decode(DictionaryScores.self, forKey: .scores),
            hidden: try container.decodeIfPresent(Float.self, forKey: .hidden) ?? 0)
    }

    /// Grounded tokens of a sample that are hidden.
    public var hiddenCount: Int { Int((hidden * Float(chosen)).rounded(.up)) }

    var contradiction: String? {
        let sizes: [ModelLimits.Size] = [
            ("dictionary.codes", codes, ModelLimits.codes), ("dictionary.chosen", chosen, ModelLimits.chosen),
        ]
        if let fault = ModelLimits.fault(sizes) { return fault }
        if !(0..<1).contains(hidden) { return "dictionary: a share of \(hidden) is hidden" }
        return chosen > codes ? "dictionary: \(chosen) codes chosen of only \(codes)" : nil
    }
}
