public import Runtime

/// What an objective wants of a sample: how the text is tokenised and which images it sees.
public struct SampleNeeds: Sendable, Equatable {
    /// Text as token ids, at most `maxTokens` with `<s>` and `</s>`; nil when no text is wanted.
    public var maxTokens: Int?
    /// One augmentation per view of the image; empty when no image is wanted.
    public var views: [Augmentation]
    /// Side of the square image in pixels.
    public var imageSize: Int
    /// Whether a text longer than `maxTokens` goes on in further sequences, and short texts share one; else its end is lost.
    public var packsTexts: Bool

    public init(maxTokens: Int? = nil, views: [Augmentation] = [], imageSize: Int = 0, packsTexts: Bool = false) {
        self.maxTokens = maxTokens
        self.packsTexts = packsTexts
        self.views = views
        self.imageSize = imageSize
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
    /// Filled by objectives that mask.
    public var masked: [MaskedToken]
    /// Grounded tokens that are hidden, counted from 0 within the sample; filled by objectives that have them told.
    public var hiddenCodes: [Int32]
    /// Samples encoded beside this one (retrieved, rewritten).
    public var related: [Sample]
    /// Sequences in which the text goes on, each with `tokens`, `wordStarts`, `masked` and `hiddenCodes` of its own.
    public var continuations: [Sample]

    public init(
        key: String, tokens: [Int32] = [], wordStarts: [Bool] = [], images: [PixelImage] = [],
        masked: [MaskedToken] = [], hiddenCodes: [Int32] = [], related: [Sample] = [],
        continuations: [Sample] = []
    ) {
        self.key = key
        self.tokens = tokens
        self.wordStarts = wordStarts
        self.images = images
        self.masked = masked
        self.hiddenCodes = hiddenCodes
        self.related = related
        self.continuations = continuations
    }
}

/// Masks, corrupts or labels a sample: data only, a pure function of the sample and its random key.
public typealias Prepare = @Sendable (_ sample: inout Sample, _ random: RandomKey) -> Void
