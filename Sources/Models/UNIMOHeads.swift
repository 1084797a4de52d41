public import Autograd
public import Batches

/// What stands on UNIMO's Transformer: one head per objective.
public struct UNIMOHeads {
    /// τ of cross-modal contrast; the stored value is clipped to `temperatureRange`.
    public let temperature: Parameter

    public static let temperatureRange: ClosedRange<Float> = 0.001...0.5

    private let tokens: TiedHead
    private let regionFeatures: Linear
    /// Nil without classes.
    private let regionClasses: Linear?
    private let imagePooler: Linear
    private let textPooler: Linear
    private let imageProjection: Linear
    private let textProjection: Linear

    init(_ list: inout ParameterList, _ config: UNIMOConfig) {
        let C = config.transformer.width
        tokens = TiedHead(
            &list, "mlm", width: C, classes: config.vocabulary, epsilon: config.transformer.epsilon)
        regionFeatures = list.linear("mrm.features", from: C, to: config.regionWidth)
        regionClasses =
            config.regionClasses > 0 ? list.linear("mrm.classes", from: C, to: config.regionClasses) : nil
        imagePooler = list.linear("cmcl.image", from: C, to: C)
        textPooler = list.linear("cmcl.text", from: C, to: C)
        imageProjection = list.linear("cmcl.image_projection", from: C, to: config.projection)
        textProjection = list.linear("cmcl.text_projection", from: C, to: config.projection)
        temperature = list.add("cmcl.temperature", [1], .constant(0.07))
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

    /// Masked region modelling (UNIMO §3.2; docs/method.md): Σ of the squared distances of hidden regions' features, and
    /// Σ of KL(classes ‖ softmax), times their scales.
    /// - Parameter hidden: `(N, C)`.
    /// - Returns: both; the second is 0 without classes.
    public func regionLosses(
        _ hidden: Variable, _ regions: RegionRows, scales: (features: Float, classes: Float), _ tape: Tape
    ) -> (features: Double, classes: Double) {
        let rows = tape.gatherRows(hidden, regions.hiddenRows)
        let features = tape.squaredDistance(
            regionFeatures(rows, tape), targets: regions.hiddenFeatures, scale: scales.features)
        guard let regionClasses else { return (features, 0) }
        let classes = tape.softCrossEntropy(
            regionClasses(rows, tape), targets: regions.hiddenClasses, scale: scales.classes)
        return (features, classes)
    }

    /// Unit vectors of images: FC + ReLU of [IMG] rows, projected. `(B, projection)`.
    public func image(_ starts: Variable, _ tape: Tape) -> Variable {
        tape.normalize(imageProjection(tape.relu(imagePooler(starts, tape)), tape))
    }

    /// Unit vectors of texts: FC + ReLU of `<s>` rows, projected. `(B, projection)`.
    public func text(_ starts: Variable, _ tape: Tape) -> Variable {
        tape.normalize(textProjection(tape.relu(textPooler(starts, tape)), tape))
    }
}
