import Checkpoints
import Models

/// Sizes of a model that weights of Hugging Face's are imported into: theirs, and what they leave open.
struct ImportSizes {
    private let roberta: RobertaConfig?
    private let vit: ViTConfig?

    /// - Throws: `CheckpointError.mismatch` for what is no RoBERTa or ViT, or one that computes something else.
    init(text: HuggingFaceDirectory?, vision: HuggingFaceDirectory?) throws {
        roberta = try text.map { try HuggingFaceConfig.roberta($0) }
        vit = try vision.map { try HuggingFaceConfig.vit($0) }
    }

    /// V, and the longest text.
    private var texts: (vocabulary: Int, maxTokens: Int) {
        (roberta?.vocab_size ?? 50_265, (roberta?.max_position_embeddings ?? 514) - 2)
    }

    func config(_ target: ImportOptions.Target) throws -> ModelConfig {
        let config: ModelConfig =
            switch target {
            case .unimo(let maxRegions, let regionWidth, let regionClasses):
                .unimo(unimo(maxRegions, regionWidth, regionClasses))
            case .unimo2(let groundedLayers, let codes, let chosen):
                .unimo2(
                    unimo2(groundedLayers, codes > 0 ? DictionaryConfig(codes: codes, chosen: chosen) : nil))
            }
        if let contradiction = config.contradiction { throw RecipeContradiction("imported model: \(contradiction)") }
        return config
    }

    private func unimo(_ maxRegions: Int, _ regionWidth: Int, _ regionClasses: Int) -> UNIMOConfig {
        guard let stack = roberta?.stack else { preconditionFailure("a UNIMO is made of a RoBERTa") }
        return UNIMOConfig(
            vocabulary: texts.vocabulary, maxTokens: texts.maxTokens, maxRegions: maxRegions, regionWidth: regionWidth,
            regionClasses: regionClasses, transformer: stack, projection: 256, dropout: 0.1)
    }

    /// An encoder that is not imported takes the other's sizes.
    private func unimo2(_ groundedLayers: Int?, _ dictionary: DictionaryConfig?) -> UNIMO2Config {
        guard var textStack = roberta?.stack ?? vit?.stack, var visionStack = vit?.stack ?? roberta?.stack else {
            preconditionFailure("neither encoder is given")
        }
        if roberta == nil { textStack.epsilon = EncoderConfig.textEpsilon }
        if vit == nil { visionStack.epsilon = EncoderConfig.visionEpsilon }
        var grounded = textStack
        grounded.layers = groundedLayers ?? textStack.layers
        return UNIMO2Config(
            vocabulary: texts.vocabulary, maxTokens: texts.maxTokens, imageSize: vit?.image_size ?? 224,
            patchSize: vit?.patch_size ?? 16, vision: visionStack, text: textStack, grounded: grounded,
            dictionary: dictionary, projection: 256, dropout: 0.1)
    }
}
