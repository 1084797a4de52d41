import Checkpoints
import Foundation
import Models

/// `config.json` of a `RobertaModel`, as far as it decides the function.
struct RobertaConfig: Encodable {
    var model_type = "roberta"
    var architectures: [String]? = ["RobertaModel"]
    var vocab_size: Int
    var hidden_size: Int
    var num_hidden_layers: Int
    var num_attention_heads: Int
    var intermediate_size: Int
    var hidden_act: String? = "gelu"
    var hidden_dropout_prob: Float?
    var attention_probs_dropout_prob: Float?
    var max_position_embeddings: Int
    var type_vocab_size: Int? = 1
    var layer_norm_eps: Double?
    var position_embedding_type: String? = "absolute"
    var pad_token_id: Int? = 1
    var bos_token_id: Int? = 0
    var eos_token_id: Int? = 2

    init(_ stack: EncoderConfig, vocabulary: Int, maxTokens: Int, dropout: Float) {
        vocab_size = vocabulary
        hidden_size = stack.width
        num_hidden_layers = stack.layers
        num_attention_heads = stack.heads
        intermediate_size = stack.feedForward
        hidden_dropout_prob = dropout
        attention_probs_dropout_prob = dropout
        max_position_embeddings = maxTokens + 2
        layer_norm_eps = Double("\(stack.epsilon)")
    }

    /// Reads what `save_pretrained` wrote.
    /// - Throws: `CheckpointError.mismatch` for what is no RoBERTa, or one that computes something else.
    init(_ config: ForeignConfig) throws {
        try config.require("model_type", "roberta", isDefault: false)
        try config.refuseWhatNoEncoderHas()
        try config.require("hidden_act", "gelu")
        try config.require("position_embedding_type", "absolute")
        try config.require("type_vocab_size", "1", isDefault: false)
        // Positions are counted from the padding's id on.
        try config.require("pad_token_id", "1")
        vocab_size = try config.integer("vocab_size", in: 1...ModelLimits.vocabulary.upperBound)
        let positions = ModelLimits.maxTokens
        max_position_embeddings = try config.integer(
            "max_position_embeddings", in: positions.lowerBound + 2...positions.upperBound + 2)
        let stack = try EncoderConfig(config)
        hidden_size = stack.width
        num_hidden_layers = stack.layers
        num_attention_heads = stack.heads
        intermediate_size = stack.feedForward
        layer_norm_eps = Double(stack.epsilon)
    }

    var stack: EncoderConfig {
        EncoderConfig(
            layers: num_hidden_layers, width: hidden_size, heads: num_attention_heads,
            feedForward: intermediate_size, epsilon: Float(layer_norm_eps ?? 1e-12))
    }
}

extension EncoderConfig {
    /// The stack of layers that a configuration of transformers' describes.
    fileprivate init(_ config: ForeignConfig) throws {
        self.init(
            layers: try config.integer("num_hidden_layers", in: ModelLimits.layers),
            width: try config.integer("hidden_size", in: ModelLimits.width),
            heads: try config.integer("num_attention_heads", in: ModelLimits.heads),
            feedForward: try config.integer("intermediate_size", in: ModelLimits.feedForward),
            epsilon: Float(try config.number("layer_norm_eps", in: .epsilon, default: 1e-12)))
        guard width % heads == 0 else {
            throw config.fault("num_attention_heads", expected: "a divisor of hidden_size \(width)")
        }
        for rate in ["hidden_dropout_prob", "attention_probs_dropout_prob"] {
            _ = try config.number(rate, in: .belowOne, default: 0)
        }
    }
}

extension ForeignConfig {
    /// Settings by which transformers computes something that neither encoder here can.
    fileprivate func refuseWhatNoEncoderHas() throws {
        let settings = [
            "is_decoder", "add_cross_attention", "is_encoder_decoder", "cross_attention_hidden_size", "pruned_heads",
            "quantization_config", "adapters", "adapter_fusion_models", "auto_map",
        ]
        for key in settings { try refuse(key) }
    }
}

/// `config.json` of a `ViTModel`, as far as it decides the function.
struct ViTConfig: Encodable {
    var model_type = "vit"
    var architectures: [String]? = ["ViTModel"]
    var hidden_size: Int
    var num_hidden_layers: Int
    var num_attention_heads: Int
    var intermediate_size: Int
    var hidden_act: String? = "gelu"
    var hidden_dropout_prob: Float? = 0
    var attention_probs_dropout_prob: Float? = 0
    var layer_norm_eps: Double?
    var image_size: Int
    var patch_size: Int
    var num_channels: Int? = 3
    var qkv_bias: Bool? = true

    init(_ config: UNIMO2Config) {
        hidden_size = config.vision.width
        num_hidden_layers = config.vision.layers
        num_attention_heads = config.vision.heads
        intermediate_size = config.vision.feedForward
        layer_norm_eps = Double("\(config.vision.epsilon)")
        image_size = config.imageSize
        patch_size = config.patchSize
    }

    /// Reads what `save_pretrained` wrote.
    /// - Throws: `CheckpointError.mismatch` for what is no ViT, or one that computes something else.
    init(_ config: ForeignConfig) throws {
        try config.require("model_type", "vit", isDefault: false)
        try config.refuseWhatNoEncoderHas()
        try config.require("hidden_act", "gelu")
        try config.require("num_channels", "3")
        try config.require("qkv_bias", "true")
        image_size = try config.integer("image_size", in: ModelLimits.imageSize, default: 224)
        patch_size = try config.integer("patch_size", in: ModelLimits.patchSize, default: 16)
        guard image_size % patch_size == 0 else {
            throw config.fault("patch_size", expected: "a divisor of image_size \(image_size)")
        }
        let stack = try EncoderConfig(config)
        hidden_size = stack.width
        num_hidden_layers = stack.layers
        num_attention_heads = stack.heads
        intermediate_size = stack.feedForward
        layer_norm_eps = Double(stack.epsilon)
    }

    var stack: EncoderConfig {
        EncoderConfig(
            layers: num_hidden_layers, width: hidden_size, heads: num_attention_heads,
            feedForward: intermediate_size, epsilon: Float(layer_norm_eps ?? 1e-12))
    }
}

/// Reads and writes them.
enum HuggingFaceConfig {
    static func roberta(_ directory: HuggingFaceDirectory) throws -> RobertaConfig {
        let config = try open("config.json", of: directory, "a RobertaModel")
        // A head without a matrix of its own is tied to the word table, unless that is denied.
        if directory.has("lm_head.dense.weight"), !directory.has("lm_head.decoder.weight") {
            try config.require("tie_word_embeddings", "true")
        }
        return try RobertaConfig(config)
    }

    /// What makes pixels of images has to make the same ones as this program, where it is said.
    static func vit(_ directory: HuggingFaceDirectory) throws -> ViTConfig {
        let config = try ViTConfig(open("config.json", of: directory, "a ViTModel"))
        if let bytes = try directory.companion("preprocessor_config.json", limit: 1 << 20) {
            try checkPixels(
                ForeignConfig(bytes, path: directory.path + "/preprocessor_config.json", model: "a ViTImageProcessor"))
        }
        return config
    }

    /// Pixels are between -1 and 1.
    private static func checkPixels(_ config: ForeignConfig) throws {
        try config.require("do_rescale", "true")
        try config.require("do_normalize", "true")
        _ = try config.number("rescale_factor", in: .byteScale, default: 1 / 255)
        for key in ["image_mean", "image_std"] { try config.require(key, eachNear: 0.5) }
    }

    private static func open(_ name: String, of directory: HuggingFaceDirectory, _ model: String) throws
        -> ForeignConfig
    {
        try ForeignConfig(directory.config, path: directory.path + "/" + name, model: model)
    }

    static func file(_ config: some Encodable) throws -> CheckpointWriter.Companion {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return .init(name: "config.json", bytes: Array(try encoder.encode(config)) + [UInt8(ascii: "\n")])
    }
}

extension NumberRange {
    fileprivate static let byteScale = NumberRange(
        contains: { abs($0 * 255 - 1) < 1e-6 }, description: "1/255, 0.00392156862745098")
}
