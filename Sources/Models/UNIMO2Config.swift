/// Sizes of one Transformer stack.
public struct EncoderConfig: Sendable, Equatable, Codable {
    /// L.
    public var layers: Int
    /// C.
    public var width: Int
    /// H.
    public var heads: Int
    /// F.
    public var feedForward: Int
    /// Of the stack's layer norms.
    public var epsilon: Float

    /// RoBERTa's and ViT's.
    public static let (textEpsilon, visionEpsilon): (Float, Float) = (1e-5, 1e-12)

    public init(layers: Int, width: Int, heads: Int, feedForward: Int, epsilon: Float = EncoderConfig.textEpsilon) {
        self.layers = layers
        self.width = width
        self.heads = heads
        self.feedForward = feedForward
        self.epsilon = epsilon
    }

    enum CodingKeys: String, CodingKey {
        case layers, width, heads, epsilon
        case feedForward = "feed_forward"
    }
}

/// Everything that decides the parameters and the function of a UNIMO-2 model. Written as `config.json`.
public struct UNIMO2Config: Sendable, Equatable, Codable {
    /// V.
    public var vocabulary: Int
    /// Longest text with `<s>` and `</s>`; the position table has two rows more (RoBERTa).
    public var maxTokens: Int
    /// Side of an image in pixels.
    public var imageSize: Int
    /// Side of a patch in pixels.
    public var patchSize: Int
    public var vision: EncoderConfig
    public var text: EncoderConfig
    /// The Grounded Transformer; 0 layers leave the text encoder's output to the heads.
    public var grounded: EncoderConfig
    /// Nil for the paper's baseline, in which images and texts see each other directly.
    public var dictionary: DictionaryConfig?
    /// Width of the projection that image-only contrastive learning compares.
    public var projection: Int
    /// Dropout of the text and grounded stacks and of the matching head, hidden and attention; the visual encoder has none.
    public var dropout: Float
    /// Deviation of what matrices and tables are drawn from; nil for BERT's 0.02.
    public var initializerRange: Float?
    /// The same for the visual encoder's positions alone; nil for what all tables have.
    public var visionPositionRange: Float?

    public init(
        vocabulary: Int, maxTokens: Int, imageSize: Int, patchSize: Int, vision: EncoderConfig, text: EncoderConfig,
        grounded: EncoderConfig, dictionary: DictionaryConfig? = nil, projection: Int, dropout: Float,
        initializerRange: Float? = nil, visionPositionRange: Float? = nil
    ) {
        self.vocabulary = vocabulary
        self.maxTokens = maxTokens
        self.imageSize = imageSize
        self.patchSize = patchSize
        self.vision = vision
        self.text = text
        self.grounded = grounded
        self.dictionary = dictionary
        self.projection = projection
        self.dropout = dropout
        self.initializerRange = initializerRange
        self.visionPositionRange = visionPositionRange
    }

    enum CodingKeys: String, CodingKey {
        case vocabulary, vision, text, grounded, dictionary, projection, dropout
        case maxTokens = "max_tokens"
        case imageSize = "image_size"
        case patchSize = "patch_size"
        case initializerRange = "initializer_range"
        case visionPositionRange = "vision_position_range"
    }

    /// P, patches of an image.
    public var patches: Int { (imageSize / patchSize) * (imageSize / patchSize) }

    /// What contradicts itself, in a sentence; nil when nothing does.
    public var contradiction: String? {
        let sizes: [ModelLimits.Size] = [
            ("vocabulary", vocabulary, ModelLimits.vocabulary), ("max_tokens", maxTokens, ModelLimits.maxTokens),
            ("image_size", imageSize, ModelLimits.imageSize), ("patch_size", patchSize, ModelLimits.patchSize),
            ("projection", projection, ModelLimits.projection),
        ]
        if let fault = ModelLimits.fault(sizes) { return fault }
        for (name, stack) in [("vision", vision), ("text", text), ("grounded", grounded)] {
            if let fault = stack.contradiction(name) { return fault }
        }
        let deviations = [("initializer_range", initializerRange), ("vision_position_range", visionPositionRange)]
        if let fault = ModelLimits.fault(dropout: dropout, deviations) { return fault }
        if imageSize % patchSize != 0 { return "image_size \(imageSize) is not a multiple of patch_size \(patchSize)" }
        if vision.width != text.width || text.width != grounded.width {
            return "vision, text and grounded widths differ: \(vision.width), \(text.width), \(grounded.width)"
        }
        if dictionary != nil && grounded.layers == 0 { return "a dictionary needs grounded layers, found 0" }
        return dictionary?.contradiction
    }
}
