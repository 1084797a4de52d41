public import Autograd
public import Batches
import Tensors

/// UNIMO-2 (Li et al. 2022) as far as this version goes: a visual encoder, a text encoder and a joint Transformer over both,
/// in which image and text rows see each other (the paper's baseline without the grounded dictionary), and the heads of
/// its objectives.
public final class UNIMO2 {
    public let config: ModelConfig
    public let vision: VisionEncoder
    public let text: TextEncoder
    public let joint: JointEncoder
    /// In forward order; groups `vision`, `text`, `joint`, `mlm`, `itc`, `simclr`.
    public let parameters: [Parameter]
    /// τ of image-text contrast; the stored value is clipped to `temperatureRange`.
    public let temperature: Parameter

    public static let temperatureRange: ClosedRange<Float> = 0.001...0.5

    private let transform: Linear
    private let transformNorm: Norm
    private let vocabularyBias: Parameter
    private let projectionUp: Linear
    private let projectionDown: Linear

    public init(_ config: ModelConfig) {
        if let contradiction = config.contradiction { preconditionFailure(contradiction) }
        self.config = config
        let C = config.text.width
        var list = ParameterList()
        vision = VisionEncoder(&list, config)
        text = TextEncoder(&list, config)
        joint = JointEncoder(&list, config)
        transform = list.linear("mlm.transform", from: C, to: C)
        transformNorm = list.norm("mlm.norm", C, epsilon: 1e-5)
        vocabularyBias = list.add("mlm.bias", [config.vocabulary], .constant(0))
        temperature = list.add("itc.temperature", [1], .constant(0.07))
        projectionUp = list.linear("simclr.up", from: C, to: C)
        projectionDown = list.linear("simclr.down", from: C, to: config.projection)
        parameters = list.parameters
    }

    /// The joint Transformer's text rows for a chunk of texts or of pairs.
    /// - Returns: `(N, C)`.
    public func understand(_ chunk: Chunk, _ text: TextRows, _ tape: Tape) -> Variable {
        let images = chunk.views.first.map { view in
            (
                vision(view, positions: chunk.positions, tape),
                vision.rows(count: view.count, positions: chunk.positions)
            )
        }
        let words = self.text(text, tape)
        let rows = TextEncoder.rows(text)
        return joint(images: images, text: words, textRows: rows, tape)
    }

    /// Σ of the cross entropy of the masked tokens, times `scale`: FC + GELU + LN, then the tied softmax.
    /// - Parameter hidden: `(N, C)`.
    public func maskedTokenLoss(_ hidden: Variable, _ text: TextRows, scale: Float, _ tape: Tape) -> Double {
        let rows = tape.gatherRows(hidden, text.maskedRows)
        let h = transformNorm(tape.gelu(transform(rows, tape)), tape)
        return tape.linearCrossEntropy(h, self.text.word, vocabularyBias, labels: text.labels, scale: scale)
    }

    /// Unit vectors of images: the visual encoder's class rows. `(B, C)`.
    public func imageEmbedding(_ images: ImageRows, positions: Range<Int>, _ tape: Tape) -> Variable {
        tape.normalize(vision.classRows(vision(images, positions: positions, tape), tape))
    }

    /// Unit vectors of texts: the text encoder's `<s>` rows. `(B, C)`.
    public func textEmbedding(_ text: TextRows, _ tape: Tape) -> Variable {
        tape.normalize(self.text.firstRows(self.text(text, tape), text, tape))
    }

    /// Unit vectors of SimCLR's projection of images: FC + GELU + FC. `(B, projection)`.
    public func projection(_ images: ImageRows, positions: Range<Int>, _ tape: Tape) -> Variable {
        let cls = vision.classRows(vision(images, positions: positions, tape), tape)
        return tape.normalize(
            tape.feedForward(
                cls, up: projectionUp.weight, upBias: projectionUp.bias, down: projectionDown.weight,
                downBias: projectionDown.bias))
    }
}
