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
        let width = try node.integer("width", in: ModelLimits.width)
        let range = try node.initializerRange
        self.init(
            vocabulary: 0, maxTokens: try node.integer("max_tokens", in: ModelLimits.maxTokens),
            imageSize: try node.integer("image_size", in: ModelLimits.imageSize),
            patchSize: try node.integer("patch_size", in: ModelLimits.patchSize),
            vision: try EncoderConfig(node.child("vision"), width: width, epsilon: EncoderConfig.visionEpsilon),
            text: try EncoderConfig(node.child("text"), width: width),
            grounded: try EncoderConfig(node.child("grounded"), width: width),
            dictionary: try node.optionalChild("dictionary").map(DictionaryConfig.init),
            projection: try node.integer("projection", in: ModelLimits.projection, default: 256),
            dropout: Float(try node.number("dropout", in: .belowOne, default: 0.1)), initializerRange: Float(range),
            visionPositionRange: Float(try node.number("vision_position_range", in: .initializerRange, default: range)))
    }
}

extension UNIMOConfig {
    init(_ node: RecipeNode) throws {
        self.init(
            vocabulary: 0, maxTokens: try node.integer("max_tokens", in: ModelLimits.maxTokens),
            maxRegions: try node.integer("max_regions", in: ModelLimits.maxRegions, default: 100),
            regionWidth: try node.integer("region_width", in: ModelLimits.regionWidth, default: 2048),
            regionClasses: try node.integer("region_classes", in: ModelLimits.regionClasses, default: 1601),
            transformer: try EncoderConfig(
                node.child("transformer"), width: try node.integer("width", in: ModelLimits.width)),
            projection: try node.integer("projection", in: ModelLimits.projection, default: 256),
            dropout: Float(try node.number("dropout", in: .belowOne, default: 0.1)),
            initializerRange: Float(try node.initializerRange))
    }
}

extension NumberRange {
    static let epsilon = NumberRange(
        contains: { ModelLimits.epsilon.contains(Float($0)) }, description: "a number above 0, at most 1")
    fileprivate static let initializerRange = NumberRange(
        contains: { ModelLimits.initializerRange.contains(Float($0)) }, description: "a number above 0, at most 100")
}

extension RecipeNode {
    /// Of the model's matrices and tables.
    fileprivate var initializerRange: Double {
        get throws { try number("initializer_range", in: .initializerRange, default: 0.02) }
    }
}

extension DictionaryConfig {
    init(_ node: RecipeNode) throws {
        self.init(
            codes: try node.integer("codes", in: ModelLimits.codes, default: 2048),
            chosen: try node.integer("chosen", in: ModelLimits.chosen, default: 100),
            scores: try node.choice("scores", default: .balanced),
            hidden: Float(try node.number("hidden", in: .belowOne, default: 0)))
    }
}

extension EncoderConfig {
    init(_ node: RecipeNode, width: Int, epsilon: Float = textEpsilon) throws {
        self.init(
            layers: try node.integer("layers", in: ModelLimits.layers), width: width,
            heads: try node.integer("heads", in: ModelLimits.heads),
            feedForward: try node.integer("feed_forward", in: ModelLimits.feedForward),
            epsilon: Float(try node.number("epsilon", in: .epsilon, default: Double(String(epsilon)) ?? 0)))
    }
}
