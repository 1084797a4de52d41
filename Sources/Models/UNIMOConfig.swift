public import Batches

/// Everything that decides the parameters and the function of a UNIMO model. Written as `config.json`.
public struct UNIMOConfig: Sendable, Equatable, Codable {
    /// V.
    public var vocabulary: Int
    /// Longest text with `<s>` and `</s>`; the position table has two rows more (RoBERTa).
    public var maxTokens: Int
    /// P, regions of an image that are read at most: 100 in the paper.
    public var maxRegions: Int
    /// F, numbers that describe a region: 2048 in the paper.
    public var regionWidth: Int
    /// K, classes that a region may be of: 1,601 in the paper; 0 without them.
    public var regionClasses: Int
    /// The one Transformer.
    public var transformer: EncoderConfig
    /// Width of the projections that cross-modal contrast compares.
    public var projection: Int
    /// Hidden and attention.
    public var dropout: Float
    /// Deviation of what matrices and tables are drawn from; nil for BERT's 0.02.
    public var initializerRange: Float?

    public init(
        vocabulary: Int, maxTokens: Int, maxRegions: Int, regionWidth: Int, regionClasses: Int,
        transformer: EncoderConfig,
        projection: Int, dropout: Float,
        initializerRange: Float? = nil
    ) {
        self.vocabulary = vocabulary
        self.maxTokens = maxTokens
        self.maxRegions = maxRegions
        self.regionWidth = regionWidth
        self.regionClasses = regionClasses
        self.transformer = transformer
        self.projection = projection
        self.dropout = dropout
        self.initializerRange = initializerRange
    }

    /// What it reads of an image.
    public var regionNeeds: RegionNeeds {
        RegionNeeds(count: maxRegions, width: regionWidth, classCount: regionClasses)
    }

    enum CodingKeys: String, CodingKey {
        case vocabulary, transformer, projection, dropout
        case maxTokens = "max_tokens"
        case maxRegions = "max_regions"
        case regionWidth = "region_width"
        case regionClasses = "region_classes"
        case initializerRange = "initializer_range"
    }

    /// What contradicts itself, in a sentence; nil when nothing does.
    public var contradiction: String? {
        let sizes: [ModelLimits.Size] = [
            ("vocabulary", vocabulary, ModelLimits.vocabulary), ("max_tokens", maxTokens, ModelLimits.maxTokens),
            ("max_regions", maxRegions, ModelLimits.maxRegions), ("region_width", regionWidth, ModelLimits.regionWidth),
            ("region_classes", regionClasses, ModelLimits.regionClasses),
            ("projection", projection, ModelLimits.projection),
        ]
        return ModelLimits.fault(sizes) ?? transformer.contradiction("transformer")
            ?? ModelLimits.fault(dropout: dropout, [("initializer_range", initializerRange)])
    }
}
