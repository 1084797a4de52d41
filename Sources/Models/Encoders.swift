public import Autograd
public import Batches
import Tensors

/// ViT (Dosovitskiy et al. 2021): pre-LN, learned class row and positions, a final norm, no dropout.
public struct VisionEncoder {
    let config: EncoderConfig
    let imageSize: Int
    let patchSize: Int
    let patch: Linear
    let cls: Parameter
    let position: Parameter
    let layers: [TransformerLayer]
    let norm: Norm

    init(_ list: inout ParameterList, _ model: UNIMO2Config) {
        config = model.vision
        imageSize = model.imageSize
        patchSize = model.patchSize
        let C = config.width
        patch = list.linear("vision.patch", from: 3 * patchSize * patchSize, to: C)
        cls = list.matrix("vision.cls", [C])
        position = list.matrix("vision.position", [1 + model.patches, C], deviation: model.visionPositionRange)
        layers = (0..<config.layers).map { i in
            TransformerLayer(
                &list, "vision.layers.\(i)", model.vision, placement: .before,
                dropout: Dropout(rate: 0),
                site: 0)
        }
        norm = list.norm("vision.norm", C, epsilon: config.epsilon)
    }

    /// Rows of an image: the class row and its patches.
    var rowsPerImage: Int { 1 + (imageSize / patchSize) * (imageSize / patchSize) }

    /// - Parameter images: B images.
    /// - Returns: `(B·(1 + P), C)`; row `b·(1 + P)` is the class row of image b. Without a record when frozen.
    public func callAsFunction(_ images: ImageRows, positions: Range<Int>, _ tape: Tape) -> Variable {
        guard !cls.isFrozen else { return tape.unrecorded { encode(images, positions: positions, tape) } }
        return encode(images, positions: positions, tape)
    }

    private func encode(_ images: ImageRows, positions: Range<Int>, _ tape: Tape) -> Variable {
        precondition(images.size == imageSize, "images of \(images.size) pixels for an encoder of \(imageSize)")
        let x = tape.scoped {
            tape.patchEmbedding(
                pixels: images.pixels, size: imageSize, patch: patchSize, weight: patch.weight, bias: patch.bias,
                cls: cls, position: position)
        }
        let samples = rows(count: images.count, positions: positions)
        let plan = AttentionPlan.full(samples.map { [$0.rows] }, positions: samples.map(\.position))
        return norm(tape.stack(layers, on: x) { layer, x in layer(x, plan, samples, tape) }, tape)
    }

    /// The class rows of `(B·(1 + P), C)`: `(B, C)`.
    public func classRows(_ x: Variable, _ tape: Tape) -> Variable {
        tape.gatherRows(x, (0..<x.rows / rowsPerImage).map { Int32($0 * rowsPerImage) })
    }

    func rows(count: Int, positions: Range<Int>) -> [SampleRows] {
        (0..<count).map {
            SampleRows(rows: $0 * rowsPerImage..<($0 + 1) * rowsPerImage, position: positions.lowerBound + $0)
        }
    }
}

/// RoBERTa's shape (Liu et al. 2019): post-LN, positions from 2, no segment embeddings.
public struct TextEncoder {
    let config: EncoderConfig
    let embedding: TextEmbedding
    let layers: [TransformerLayer]

    /// `(V, C)`, shared with the language-model head.
    public var word: Parameter { embedding.word }

    init(_ list: inout ParameterList, _ model: UNIMO2Config) {
        config = model.text
        let dropout = Dropout(rate: model.dropout)
        embedding = TextEmbedding(
            &list, vocabulary: model.vocabulary, maxTokens: model.maxTokens, width: config.width,
            epsilon: config.epsilon, dropout: dropout)
        layers = (0..<config.layers).map { i in
            TransformerLayer(
                &list, "text.layers.\(i)", model.text, placement: .after, dropout: dropout,
                site: 1 + 3 * i)
        }
    }

    /// - Parameters:
    ///   - text: N tokens of B samples.
    ///   - sight: `.captioning` keeps later tokens from earlier ones.
    /// - Returns: `(N, C)`. Without a record when frozen.
    public func callAsFunction(_ text: TextRows, sight: Sight = .understanding, _ tape: Tape) -> Variable {
        guard !word.isFrozen else { return tape.unrecorded { encode(text, sight, tape) } }
        return encode(text, sight, tape)
    }

    private func encode(_ text: TextRows, _ sight: Sight, _ tape: Tape) -> Variable {
        let samples = text.sampleRows
        let x = tape.scoped { embedding(text, tape) }
        let plan = plan(samples, sight)
        return tape.stack(layers, on: x) { layer, x in layer(x, plan, samples, tape) }
    }

    private func plan(_ samples: [SampleRows], _ sight: Sight) -> AttentionPlan {
        let positions = samples.map(\.position)
        return switch sight {
        case .understanding: .full(samples.map { [$0.rows] }, positions: positions)
        case .captioning: .causal(samples.map(\.rows), positions: positions)
        }
    }

    /// The rows of `<s>`: `(B, C)`.
    public func firstRows(_ x: Variable, _ text: TextRows, _ tape: Tape) -> Variable {
        tape.gatherRows(x, Array(text.offsets.dropLast()))
    }
}
