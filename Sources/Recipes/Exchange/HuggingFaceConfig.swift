import Checkpoints
import Foundation
import Models
import Runtime
import Storage

/// `config.json` of a `RobertaModel`, as far as it decides the function.
struct RobertaConfig: Codable {
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

    /// Transformers' default where `config.json` leaves it out.
    var epsilon: Float { Float(layer_norm_eps ?? 1e-12) }

    var stack: EncoderConfig {
        EncoderConfig(
            layers: num_hidden_layers, width: hidden_size, heads: num_attention_heads,
            feedForward: intermediate_size, epsilon: epsilon)
    }

    /// Settings that this program's text encoder does not have.
    var unsupported: [(key: String, expected: String, found: String)] {
        [
            ("model_type", "roberta", model_type), ("hidden_act", "gelu", hidden_act ?? "gelu"),
            ("type_vocab_size", "1", "\(type_vocab_size ?? 2)"), ("pad_token_id", "1", "\(pad_token_id ?? 1)"),
            ("position_embedding_type", "absolute", position_embedding_type ?? "absolute"),
        ].filter { $0.1 != $0.2 }
    }
}

/// `config.json` of a `ViTModel`, as far as it decides the function.
struct ViTConfig: Codable {
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

    var stack: EncoderConfig {
        EncoderConfig(
            layers: num_hidden_layers, width: hidden_size, heads: num_attention_heads,
            feedForward: intermediate_size, epsilon: Float(layer_norm_eps ?? 1e-12))
    }

    /// Settings that this program's visual encoder does not have.
    var unsupported: [(key: String, expected: String, found: String)] {
        [
            ("model_type", "vit", model_type), ("hidden_act", "gelu", hidden_act ?? "gelu"),
            ("num_channels", "3", "\(num_channels ?? 3)"), ("qkv_bias", "true", "\(qkv_bias ?? true)"),
        ].filter { $0.1 != $0.2 }
    }
}

/// Reads and writes them.
enum HuggingFaceConfig {
    static func read<Config: Decodable>(_ type: Config.Type, _ directory: HuggingFaceDirectory) throws -> Config {
        let bytes = try directory.config
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw fault(
                directory, "the configuration of a \(type == ViTConfig.self ? "ViTModel" : "RobertaModel")", "\(error)")
        }
    }

    static func check(
        _ unsupported: [(key: String, expected: String, found: String)], _ directory: HuggingFaceDirectory
    ) throws {
        guard let first = unsupported.first else { return }
        throw fault(directory, "\(first.key) \(first.expected)", first.found)
    }

    private static func fault(
        _ directory: HuggingFaceDirectory, _ expected: String, _ found: String
    ) -> CheckpointError {
        .mismatch(
            FileFault(
                path: directory.path + "/config.json", expected: expected, found: found,
                remedy: "name a RobertaModel as --text and a ViTModel as --vision"))
    }

    static func file(_ config: some Encodable) throws -> CheckpointWriter.Companion {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return .init(name: "config.json", bytes: Array(try encoder.encode(config)) + [UInt8(ascii: "\n")])
    }
}
