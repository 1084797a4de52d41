import Autograd
import Models

// The model section of a recipe. The vocabulary is 0 until the tokenizer is known.

extension ModelConfig {
    init(_ node: RecipeNode) throws {
        switch try node.choice("kind", default: Kind.unimo2) {
        case .unimo: self = .unimo(try UNIMOConfig(node))
        case .unimo2: self = .unimo2(try UNIMO2Config(node))
        }
    }

    /// Whether its objectives may have the dictionary's loss among their terms.
    var hasDictionary: Bool {
        switch self {
        case .unimo: false
        case .unimo2(let config): config.dictionary != nil
        }
    }
}

extension UNIMO2Config {
    init(_ node: RecipeNode) throws {
        let width = try node.integer("width", in: 8...65536)
        let range = try node.initializerRange
        self.init(
            vocabulary: 0, maxTokens: try node.integer("max_tokens", in: 4...65536),
            imageSize: try node.integer("image_size", in: 1...4096),
            patchSize: try node.integer("patch_size", in: 1...1024),
            vision: try EncoderConfig(node.child("vision"), width: width, epsilon: EncoderConfig.visionEpsilon),
            text: try EncoderConfig(node.child("text"), width: width),
            grounded: try EncoderConfig(node.child("grounded"), width: width),
            dictionary: try node.optionalChild("dictionary").map(DictionaryConfig.init),
            projection: try node.integer("projection", in: 1...65536, default: 256),
            dropout: Float(try node.number("dropout", in: .belowOne, default: 0.1)), initializerRange: Float(range),
            visionPositionRange: Float(try node.number("vision_position_range", in: .positive, default: range)))
    }
}

extension UNIMOConfig {
    init(_ node: RecipeNode) throws {
        self.init(
            vocabulary: 0, maxTokens: try node.integer("max_tokens", in: 4...65536),
            maxRegions: try node.integer("max_regions", in: 1...65536, default: 100),
            regionWidth: try node.integer("region_width", in: 1...65536, default: 2048),
            regionClasses: try node.integer("region_classes", in: 0...65536, default: 1601),
            transformer: try EncoderConfig(
                node.child("transformer"), width: try node.integer("width", in: 8...65536)),
            projection: try node.integer("projection", in: 1...65536, default: 256),
            dropout: Float(try node.number("dropout", in: .belowOne, default: 0.1)),
            initializerRange: Float(try node.initializerRange))
    }
}

extension RecipeNode {
    /// Of the model's matrices and tables.
    fileprivate var initializerRange: Double {
        get throws { try number("initializer_range", in: .positive, default: 0.02) }
    }
}

extension DictionaryConfig {
    init(_ node: RecipeNode) throws {
        self.init(
            codes: try node.integer("codes", in: 1...1_000_000, default: 2048),
            chosen: try node.integer("chosen", in: 1...10_000, default: 100),
            scores: try node.choice("scores", default: .balanced),
            hidden: Float(try node.number("hidden", in: .belowOne, default: 0)))
    }
}

extension EncoderConfig {
    init(_ node: RecipeNode, width: Int, epsilon: Float = textEpsilon) throws {
        self.init(
            layers: try node.integer("layers", in: 0...1000), width: width,
            heads: try node.integer("heads", in: 1...1024),
            feedForward: try node.integer("feed_forward", in: 1...1_000_000),
            epsilon: Float(try node.number("epsilon", in: .positive, default: Double(String(epsilon)) ?? 0)))
    }
}
