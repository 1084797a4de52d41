public import Autograd
public import Batches
import Tensors

/// What stands on the stacks: one head per objective.
public struct Heads {
    /// τ of image-text contrast; the stored value is clipped to `temperatureRange`.
    public let temperature: Parameter

    public static let temperatureRange: ClosedRange<Float> = 0.001...0.5

    private let tokens: TiedHead
    /// Of hidden grounded tokens (UNIMO-2's code, `with_grounding_mask`); nil where none are hidden.
    private let codes: TiedHead?
    private let imagePooler: Linear
    private let textPooler: Linear
    private let match: Linear
    private let projectionUp: Linear
    private let projectionDown: Linear
    private let dropout: Dropout

    /// The dropout site of the matching head, above any stack's.
    private static let matchSite = 8192

    init(_ list: inout ParameterList, _ config: UNIMO2Config) {
        let C = config.text.width
        tokens = TiedHead(&list, "mlm", width: C, classes: config.vocabulary, epsilon: config.text.epsilon)
        if let dictionary = config.dictionary, dictionary.hidden > 0 {
            codes = TiedHead(&list, "codes", width: C, classes: dictionary.codes, epsilon: config.grounded.epsilon)
        } else {
            codes = nil
        }
        imagePooler = list.linear("itm.image", from: C, to: C)
        textPooler = list.linear("itm.text", from: C, to: C)
        match = list.linear("itm.output", from: C, to: 2)
        temperature = list.add("itc.temperature", [1], .constant(0.07))
        projectionUp = list.linear("simclr.up", from: C, to: C)
        projectionDown = list.linear("simclr.down", from: C, to: config.projection)
        dropout = Dropout(rate: config.dropout)
    }

    /// Σ of the cross entropy of the tokens to be predicted, times `scale`: FC + GELU + LN, then the softmax tied to `word`.
    /// - Parameters: hidden `(N, C)`, word `(V, C)`.
    public func tokenLoss(_ hidden: Variable, _ text: TextRows, word: Parameter, scale: Float, _ tape: Tape) -> Double {
        let rows = tape.gatherRows(hidden, text.maskedRows)
        return tokens.loss(rows, table: word, labels: text.labels, scale: scale, tape)
    }

    /// Logits of every token of the vocabulary. hidden `(M, C)`, word `(V, C)`.
    /// - Returns: `(M, V)`.
    public func tokenLogits(_ hidden: Variable, word: Parameter, _ tape: Tape) -> Variable {
        tokens.logits(hidden, table: word, tape)
    }

    /// Σ of the cross entropy of hidden grounded tokens against the codes that stood there, times `scale`.
    /// - Parameters: hidden `(M, C)`, table `(K, C)`, labels `(M)`.
    public func codeLoss(
        _ hidden: Variable, table: Parameter, labels: [Int32], scale: Float, _ tape: Tape
    ) -> Double {
        guard let codes else { preconditionFailure("a model without a head for hidden codes") }
        return codes.loss(hidden, table: table, labels: labels, scale: scale, tape)
    }

    /// Image-text matching (UNIMO-2; `docs/method.md`): FC + ReLU of either class row, their product, dropout.
    /// - Parameters: images, texts `(B, C)`; positions of the samples in the global batch.
    /// - Returns: `(B, C)`, from which two classes are told.
    private func fuse(_ images: Variable, _ texts: Variable, positions: Range<Int>, _ tape: Tape) -> Variable {
        let fused = tape.product(tape.relu(imagePooler(images, tape)), tape.relu(textPooler(texts, tape)))
        let samples = positions.enumerated().map { SampleRows(rows: $0..<$0 + 1, position: $1) }
        return tape.dropout(fused, DropoutSite(dropout, site: Heads.matchSite, samples: samples))
    }

    /// Σ of the cross entropy of match (1) against mismatch (0), times `scale`.
    public func matchLoss(
        _ images: Variable, _ texts: Variable, labels: [Int32], positions: Range<Int>, scale: Float, _ tape: Tape
    ) -> Double {
        let h = fuse(images, texts, positions: positions, tape)
        return tape.linearCrossEntropy(h, match.weight, match.bias, labels: labels, scale: scale)
    }

    /// Logits of mismatch and match. `(B, 2)`.
    public func matchLogits(_ images: Variable, _ texts: Variable, positions: Range<Int>, _ tape: Tape) -> Variable {
        match(fuse(images, texts, positions: positions, tape), tape)
    }

    /// Unit vectors of SimCLR's projection of class rows: FC + GELU + FC. `(B, projection)`.
    public func projection(_ classRows: Variable, _ tape: Tape) -> Variable {
        tape.normalize(
            tape.feedForward(
                classRows, up: projectionUp.weight, upBias: projectionUp.bias, down: projectionDown.weight,
                downBias: projectionDown.bias))
    }
}
