public import Autograd
import Tensors

/// The Transformer over images, grounded tokens and texts (UNIMO-2 §3.3): post-LN, on encoder outputs as they are. Without a
/// dictionary it is the paper's baseline, in which images and texts see each other.
public struct GroundedTransformer {
    let layers: [TransformerLayer]
    /// Of grounded tokens on their way in; nil without a dictionary.
    let norm: Norm?
    let dropout: Dropout

    /// Dropout sites of this stack start here, above any text stack's.
    static let firstSite = 2048

    init(_ list: inout ParameterList, _ model: UNIMO2Config) {
        let dropout = Dropout(rate: model.dropout)
        self.dropout = dropout
        norm = model.dictionary.map { _ in
            list.norm("grounded.norm", model.grounded.width, epsilon: model.grounded.epsilon)
        }
        layers = (0..<model.grounded.layers).map { i in
            TransformerLayer(
                &list, "grounded.layers.\(i)", model.grounded, placement: .after, dropout: dropout,
                site: GroundedTransformer.firstSite + 1 + 3 * i)
        }
    }

    /// The last layer's rows of each kind.
    public struct Output {
        /// `(B·(1 + P), C)`.
        public let images: Variable?
        /// `(B·G, C)`.
        public let grounded: Variable?
        /// `(N, C)`.
        public let texts: Variable?
    }

    /// - Parameters: images `(B·(1 + P), C)`, grounded `(B·G, C)`, texts `(N, C)`, each with its samples' rows.
    func callAsFunction(
        images: (Variable, [SampleRows])?, grounded: Variable?, texts: (Variable, [SampleRows])?, _ sight: Sight,
        _ tape: Tape
    ) -> Output {
        guard !layers.isEmpty else { return Output(images: images?.0, grounded: grounded, texts: texts?.0) }
        let samples = max(images?.1.count ?? 0, texts?.1.count ?? 0)
        let layout = GroundedLayout(
            images: images?.1 ?? [], texts: texts?.1 ?? [], grounded: (grounded?.rows ?? 0) / max(samples, 1),
            sight: sight)
        let tokens = grounded.map { enter($0, layout, tape) }
        let blocks = [images?.0, tokens, texts?.0].compactMap { $0 }
        let rows = blocks.count == 1 ? blocks[0] : tape.stackRows(blocks)
        let (plan, places) = (layout.plan, layout.samples)
        let x = tape.stack(layers, on: rows) { layer, x in layer(x, plan, places, tape) }
        var start = 0
        func part(_ block: Variable?) -> Variable? {
            guard let block else { return nil }
            defer { start += block.rows }
            return tape.slice(x, start..<start + block.rows)
        }
        return Output(images: part(images?.0), grounded: part(grounded), texts: part(texts?.0))
    }

    /// Grounded tokens are normalised and dropped out; they have no positions.
    func enter(_ tokens: Variable, _ layout: GroundedLayout, _ tape: Tape) -> Variable {
        guard let norm else { preconditionFailure("grounded tokens in a model without a dictionary") }
        let shift = layout.images.last?.rows.upperBound ?? 0
        let samples = layout.grounded.map {
            SampleRows(
                rows: $0.rows.lowerBound - shift..<$0.rows.upperBound - shift, position: $0.position, first: $0.first)
        }
        return tape.dropout(
            norm(tokens, tape), DropoutSite(dropout, site: GroundedTransformer.firstSite, samples: samples))
    }
}
