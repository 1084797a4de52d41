public import Runtime

/// What an objective wants of a sample: how the text is tokenised and which images it sees.
public struct SampleNeeds: Sendable, Equatable {
    /// Text as token ids, at most `maxTokens` with `<s>` and `</s>`; nil when no text is wanted.
    public var maxTokens: Int?
    /// One augmentation per view of the image; empty when no image is wanted.
    public var views: [Augmentation]
    /// Side of the square image in pixels.
    public var imageSize: Int
    /// The regions of the image; nil when none are wanted.
    public var regions: RegionNeeds?
    /// Whether a text longer than `maxTokens` goes on in further sequences, and short texts share one; else its end is lost.
    public var packsTexts: Bool
    /// What else a pair is compared with; nil when with nothing.
    public var related: RelatedNeeds?

    public init(
        maxTokens: Int? = nil, views: [Augmentation] = [], imageSize: Int = 0, regions: RegionNeeds? = nil,
        packsTexts: Bool = false, related: RelatedNeeds? = nil
    ) {
        self.maxTokens = maxTokens
        self.related = related
        self.packsTexts = packsTexts
        self.regions = regions
        self.views = views
        self.imageSize = imageSize
    }
}

/// What a model reads of an image's regions.
public struct RegionNeeds: Sendable, Equatable {
    /// Regions of an image, at most; the first of those stored.
    public var count: Int
    /// F and K: a corpus that has others does not suit the model.
    public var width: Int
    public var classCount: Int

    public init(count: Int, width: Int, classCount: Int) {
        self.count = count
        self.width = width
        self.classCount = classCount
    }
}

/// How an image is brought to the model's size.
public enum Augmentation: String, Sendable, Equatable, Codable, CaseIterable {
    /// Resized without keeping the aspect (UNIMO-2 `image_utils.py`).
    case none
    /// A random crop of 60–100 % of the area, aspect 3/4…4/3; no flip, because captions name sides.
    case mild
    /// A random crop of 35–100 % of the area, flip, a little colour jitter: where captions do not name sides.
    case moderate
    /// SimCLR: a random crop of 20–100 % of the area, flip, colour jitter.
    case strong
}

/// An image of `size × size` pixels, interleaved RGB, one byte per channel.
public struct PixelImage: Sendable, Equatable {
    public var size: Int
    /// `3 · size · size` bytes, row by row.
    public var pixels: [UInt8]

    public init(size: Int, pixels: [UInt8]) {
        precondition(
            pixels.count == 3 * size * size, "\(size)-pixel image needs \(3 * size * size) bytes, got \(pixels.count)")
        self.size = size
        self.pixels = pixels
    }
}

/// A token whose id the model has to predict: `row` counts tokens within the sample.
public struct MaskedToken: Sendable, Equatable {
    public var row: Int32
    public var label: Int32

    public init(row: Int32, label: Int32) {
        self.row = row
        self.label = label
    }
}

/// One decoded sample, as the loader hands it to an objective's `prepare`.
public struct Sample: Sendable, Equatable {
    public var key: String
    /// Ids with `<s>` and `</s>`; empty when there is no text.
    public var tokens: [Int32]
    /// True where a word starts; false on continuations and special tokens. As long as `tokens`.
    public var wordStarts: [Bool]
    /// One image per view.
    public var images: [PixelImage]
    /// Nil when none are wanted.
    public var regions: RegionFeatures?
    /// Filled by objectives that mask.
    public var masked: [MaskedToken]
    /// Regions that are hidden, ascending; filled by objectives that mask them.
    public var hiddenRegions: [Int32]
    /// What is to be generated behind the text, `<s>` first; filled by objectives that generate.
    public var target: [Int32]
    /// Grounded tokens that are hidden, counted from 0 within the sample; filled by objectives that have them told.
    public var hiddenCodes: [Int32]
    /// Samples that this one is compared with.
    public var related: [RelatedSample]
    /// Sequences in which the text goes on, each with `tokens`, `wordStarts`, `masked` and `hiddenCodes` of its own.
    public var continuations: [Sample]

    public init(
        key: String, tokens: [Int32] = [], wordStarts: [Bool] = [], images: [PixelImage] = [],
        regions: RegionFeatures? = nil, masked: [MaskedToken] = [], hiddenRegions: [Int32] = [], target: [Int32] = [],
        hiddenCodes: [Int32] = [], related: [RelatedSample] = [], continuations: [Sample] = []
    ) {
        self.key = key
        self.tokens = tokens
        self.wordStarts = wordStarts
        self.images = images
        self.regions = regions
        self.masked = masked
        self.hiddenRegions = hiddenRegions
        self.target = target
        self.hiddenCodes = hiddenCodes
        self.related = related
        self.continuations = continuations
    }
}

extension Sample {
    /// Rows it is encoded in, an image counting as `perImage`; texts that are encoded with its image take that again.
    public func rows(perImage: Int) -> Int {
        let text = tokens.count + target.count + continuations.reduce(0) { $0 + $1.tokens.count }
        let own = text + (images.count + (regions == nil ? 0 : 1)) * perImage
        return related.reduce(own) { rows, related in
            rows + related.sample.rows(perImage: perImage) + (related.role.isJoint ? perImage : 0)
        }
    }
}

/// Masks, corrupts or labels a sample: data only, a pure function of the sample and its random key.
public typealias Prepare = @Sendable (_ sample: inout Sample, _ random: RandomKey) -> Void
