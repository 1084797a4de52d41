import Glibc

/// How a dictionary is used: counts of how often each code was chosen, added up over steps and told now and then.
///
/// A dictionary that collapses shows here first: few codes used, a perplexity far below their number, many dead.
public struct DictionaryHealth: Sendable, Equatable {
    /// `(K)`: how often each code was chosen since the last time it was told.
    private var uses: [Double]

    /// - Parameter codes: K.
    public init(codes: Int) { uses = [Double](repeating: 0, count: codes) }

    /// Adds what a step chose, over all ranks.
    public mutating func add(_ counts: [Double]) {
        precondition(counts.count == uses.count, "\(counts.count) counts for \(uses.count) codes")
        for code in uses.indices { uses[code] += counts[code] }
    }

    /// What there is to tell, and begins anew.
    public mutating func take() -> DictionaryMetrics {
        defer { uses = [Double](repeating: 0, count: uses.count) }
        let total = uses.reduce(0, +)
        let used = uses.count { $0 > 0 }
        let entropy = uses.reduce(0.0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
        return DictionaryMetrics(
            codes: uses.count, chosen: Int(total), used: used, perplexity: total > 0 ? exp(entropy) : 0)
    }
}

/// The use of a dictionary over some steps.
public struct DictionaryMetrics: Sendable, Equatable {
    /// K.
    public let codes: Int
    /// Choices in all.
    public let chosen: Int
    /// Codes chosen at least once; the others are dead for now.
    public let used: Int
    /// e to the entropy of the choices: the number of codes that, equally used, would be as spread; at most K.
    public let perplexity: Double

    public var dead: Int { codes - used }

    var json: JSONValue {
        [
            "codes": .integer(codes), "chosen": .integer(chosen), "used": .integer(used), "dead": .integer(dead),
            "perplexity": .number(perplexity),
        ]
    }

    var scalars: [(tag: String, value: Double)] {
        [
            ("dictionary/used", Double(used)), ("dictionary/dead", Double(dead)),
            ("dictionary/perplexity", perplexity),
        ]
    }
}
