/// Which tensors of Hugging Face's models are which of ours. Rows of a matrix are outputs on both sides; queries, keys and
/// values stand below each other in ours; a patch is a vector in the order (channel, row, column), as a convolution's kernel.
public enum HuggingFaceNames {
    /// Sizes of a Transformer stack.
    public struct Stack: Sendable, Equatable {
        public let layers: Int
        public let width: Int
        public let feedForward: Int

        public init(layers: Int, width: Int, feedForward: Int) {
            self.layers = layers
            self.width = width
            self.feedForward = feedForward
        }
    }

    /// `RobertaModel`.
    /// - Parameters:
    ///   - positions: rows of the position table, the first two unused.
    ///   - layers: what our stack of layers is called.
    public static func roberta(
        _ stack: Stack, vocabulary: Int, positions: Int, layers: String = "text"
    ) -> [ExchangedTensor] {
        let C = stack.width
        return [
            one("text.word", "embeddings.word_embeddings.weight", [vocabulary, C]),
            one("text.position", "embeddings.position_embeddings.weight", [positions, C]),
            one("text.token_type", "embeddings.token_type_embeddings.weight", [1, C]),
        ] + affine("text.norm", "embeddings.LayerNorm", [C]) + robertaLayers(layers, stack)
    }

    /// The layers of a `RobertaModel` as a stack of ours.
    public static func robertaLayers(_ name: String, _ stack: Stack) -> [ExchangedTensor] {
        (0..<stack.layers).flatMap { layer in
            tensors(
                "\(name).layers.\(layer)", stack,
                LayerNames(
                    "encoder.layer.\(layer)", attention: "attention.self", norm1: "attention.output.LayerNorm",
                    norm2: "output.LayerNorm"))
        }
    }

    /// The head of a `RobertaForMaskedLM`, its decoder tied to the word table.
    public static func robertaHead(width C: Int, vocabulary: Int) -> [ExchangedTensor] {
        affine("mlm.transform", "lm_head.dense", [C, C]) + affine("mlm.norm", "lm_head.layer_norm", [C])
            + [one("mlm.bias", "lm_head.bias", [vocabulary])]
    }

    /// `ViTModel`.
    public static func vit(_ stack: Stack, patchSize: Int, patches: Int) -> [ExchangedTensor] {
        let C = stack.width
        let layers = (0..<stack.layers).flatMap { layer in
            tensors(
                "vision.layers.\(layer)", stack,
                LayerNames(
                    "encoder.layer.\(layer)", attention: "attention.attention", norm1: "layernorm_before",
                    norm2: "layernorm_after"))
        }
        let kernel = "embeddings.patch_embeddings.projection"
        return [
            one("vision.patch.weight", "\(kernel).weight", [C, 3, patchSize, patchSize]),
            one("vision.patch.bias", "\(kernel).bias", [C]),
            one("vision.cls", "embeddings.cls_token", [1, 1, C]),
            one("vision.position", "embeddings.position_embeddings", [1, 1 + patches, C]),
        ] + layers + affine("vision.norm", "layernorm", [C])
    }

    /// What one layer's parts are called there.
    private struct LayerNames {
        let layer: String
        let attention: String
        let norm1: String
        let norm2: String

        init(_ layer: String, attention: String, norm1: String, norm2: String) {
            self.layer = layer
            self.attention = "\(layer).\(attention)"
            self.norm1 = "\(layer).\(norm1)"
            self.norm2 = "\(layer).\(norm2)"
        }
    }

    private static func tensors(_ name: String, _ stack: Stack, _ theirs: LayerNames) -> [ExchangedTensor] {
        let (C, F) = (stack.width, stack.feedForward)
        func stacked(_ kind: String, _ shape: [Int]) -> ExchangedTensor {
            ExchangedTensor(
                "\(name).attention.qkv.\(kind)",
                ["query", "key", "value"].map { .init("\(theirs.attention).\($0).\(kind)", shape) })
        }
        return affine("\(name).norm1", theirs.norm1, [C])
            + [stacked("weight", [C, C]), stacked("bias", [C])]
            + affine("\(name).attention.output", "\(theirs.layer).attention.output.dense", [C, C])
            + affine("\(name).norm2", theirs.norm2, [C])
            + affine("\(name).ffn.up", "\(theirs.layer).intermediate.dense", [F, C])
            + affine("\(name).ffn.down", "\(theirs.layer).output.dense", [C, F])
    }

    private static func one(_ name: String, _ theirs: String, _ shape: [Int]) -> ExchangedTensor {
        ExchangedTensor(name, [.init(theirs, shape)])
    }

    /// A weight of `shape` and a bias of its rows.
    private static func affine(_ name: String, _ theirs: String, _ shape: [Int]) -> [ExchangedTensor] {
        [one("\(name).weight", "\(theirs).weight", shape), one("\(name).bias", "\(theirs).bias", [shape[0]])]
    }
}
