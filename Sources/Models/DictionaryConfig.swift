public import Autograd

/// Sizes and behaviour of the grounded dictionary (UNIMO-2 §3.2).
public struct DictionaryConfig: Sendable, Equatable, Codable {
    /// K, codes to choose from.
    public var codes: Int
    /// G, grounded tokens of a sample.
    public var chosen: Int
    /// `balanced` by default; `summed` is the released behaviour.
    public var scores: DictionaryScores

    public init(codes: Int, chosen: Int, scores: DictionaryScores = .balanced) {
        self.codes = codes
        self.chosen = chosen
        self.scores = scores
    }

    var contradiction: String? {
        if codes < 1 || chosen < 1 { return "a dictionary of \(codes) codes, of which \(chosen) are chosen" }
        return chosen > codes ? "dictionary: \(chosen) codes chosen of only \(codes)" : nil
    }
}
