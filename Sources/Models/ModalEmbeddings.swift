public import Autograd
import Batches
import Tensors

/// Regions as rows (UNIMO §3.1): LN(W_f f + b_f + W_l l + b_l) and dropout; no position and no type.
public struct RegionEmbedding {
    let feature: Linear
    let location: Linear
    let norm: Norm
    let dropout: Dropout
    /// The dropout site.
    static let site = 1

    init(_ list: inout ParameterList, features: Int, width: Int, epsilon: Float, dropout: Dropout) {
        feature = list.linear("regions.feature", from: features, to: width)
        location = list.linear("regions.location", from: RegionRows.locationWidth, to: width)
        norm = list.norm("regions.norm", width, epsilon: epsilon)
        self.dropout = dropout
    }

    /// - Parameter positions: of the images' samples in the global batch.
    /// - Returns: `(N, C)`.
    func callAsFunction(_ regions: RegionRows, positions: [Int], _ tape: Tape) -> Variable {
        let x = tape.regionEmbedding(
            features: regions.features, locations: regions.locations, feature: (feature.weight, feature.bias),
            location: (location.weight, location.bias))
        let samples = positions.enumerated().map { image, position in
            SampleRows(
                rows: Int(regions.offsets[image])..<Int(regions.offsets[image + 1]), position: position)
        }
        return tape.dropout(norm(x, tape), DropoutSite(dropout, site: RegionEmbedding.site, samples: samples))
    }
}

/// Tokens as rows, as RoBERTa does it: LN(word + position) and dropout, positions from 2.
public struct TextEmbedding {
    /// `(V, C)`, shared with the language-model head.
    public let word: Parameter
    let position: Parameter
    /// One row, added to every token: RoBERTa's only token type.
    let type: Parameter
    let norm: Norm
    let dropout: Dropout
    /// The dropout site.
    static let site = 0

    init(
        _ list: inout ParameterList, vocabulary: Int, maxTokens: Int, width: Int, epsilon: Float, dropout: Dropout
    ) {
        word = list.matrix("text.word", [vocabulary, width])
        position = list.matrix("text.position", [maxTokens + 2, width])
        type = list.add("text.token_type", [1, width], .constant(0))
        norm = list.norm("text.norm", width, epsilon: epsilon)
        self.dropout = dropout
    }

    /// - Returns: `(N, C)`.
    func callAsFunction(_ text: TextRows, _ tape: Tape) -> Variable {
        let x = tape.embedding(tokens: text.tokens, offsets: text.offsets, word: word, position: position, type: type)
        return tape.dropout(norm(x, tape), DropoutSite(dropout, site: TextEmbedding.site, samples: text.sampleRows))
    }

    /// Single tokens that stand at `place` of their texts, without dropout. `(n, C)`.
    func callAsFunction(_ tokens: [Int32], place: Int, _ tape: Tape) -> Variable {
        let places = tape.lookUp(position, tokens.map { _ in Int32(2 + place) })
        let types = tape.lookUp(type, tokens.map { _ in 0 })
        return norm(tape.add(tape.lookUp(word, tokens), residual: tape.add(places, residual: types)), tape)
    }
}

extension TextRows {
    /// The rows of each sequence.
    var sampleRows: [SampleRows] {
        positions.enumerated().map { sequence, position in
            SampleRows(rows: Int(offsets[sequence])..<Int(offsets[sequence + 1]), position: position)
        }
    }
}
