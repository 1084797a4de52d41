public import Runtime

/// How an image is varied on its way to the model's size.
public struct AugmentationPolicy: Sendable, Equatable {
    /// Share of the image's area that the random crop keeps; nil takes the whole image without keeping its aspect.
    public var cropArea: ClosedRange<Float>?
    /// Width over height of the crop, drawn log-uniformly.
    public var cropAspect: ClosedRange<Float>
    /// Probability of a mirror image.
    public var flip: Float
    public var jitter: ColourJitter?

    public init(
        cropArea: ClosedRange<Float>? = nil, cropAspect: ClosedRange<Float> = 0.75...(4.0 / 3.0), flip: Float = 0,
        jitter: ColourJitter? = nil
    ) {
        self.cropArea = cropArea
        self.cropAspect = cropAspect
        self.flip = flip
        self.jitter = jitter
    }

    /// Resized only.
    public static let none = AugmentationPolicy()
    /// A crop of 60–100 % of the area; no mirror image, because captions name sides.
    public static let mild = AugmentationPolicy(cropArea: 0.6...1)
    /// A crop of 35–100 % of the area, mirror images, light and warmth changed a little: what images are called stays,
    /// sides do not.
    public static let moderate = AugmentationPolicy(cropArea: 0.35...1, flip: 0.5, jitter: .light)
    /// SimCLR (Chen et al. 2020): a crop of 20–100 % of the area, mirror images, colour jitter, sometimes grey.
    public static let strong = AugmentationPolicy(cropArea: 0.2...1, flip: 0.5, jitter: .strong)
}

/// One view of an image: crop, resize, mirror, jitter, each drawn from `random`.
/// - Returns: `(size, size, 3)` bytes.
public func augment(
    _ image: DecodedImage, _ policy: AugmentationPolicy, size: Int, random: RandomKey,
    filter: ResizeFilter = .bicubic
) -> [UInt8] {
    let scratch = ImageScratch.ofThread
    defer { scratch.trim() }
    let view = View(policy, random, width: image.width, height: image.height, size: size, filter: filter)
    scratch.picture.fill(from: image, rows: view.resampling.rows)
    return view.pixels(of: scratch)
}

/// Views of an encoded image, one for each policy and random key: the same as `augment` of the decoded image, and
/// faster, because rows that no view looks at are not decoded and the whole image is never made.
/// - Returns: `(size, size, 3)` bytes each.
public func views(
    ofEncoded bytes: [UInt8], _ wanted: [(policy: AugmentationPolicy, random: RandomKey)], size: Int,
    filter: ResizeFilter = .bicubic
) throws(ImageError) -> [[UInt8]] {
    let scratch = ImageScratch.ofThread
    defer { scratch.trim() }
    var views: [View] = []
    try scratch.decode(bytes) { width, height in
        views = wanted.map {
            View($0.policy, $0.random, width: width, height: height, size: size, filter: filter)
        }
        let first = views.map(\.resampling.rows.lowerBound).min() ?? 0
        return first..<(views.map(\.resampling.rows.upperBound).max() ?? first)
    }
    return views.map { $0.pixels(of: scratch) }
}

/// What was drawn for one view.
private struct View {
    let resampling: Resampling
    let colours: ColourChange?

    /// - Parameters:
    ///   - width: of the whole image, as `height`.
    ///   - size: side of the view.
    init(
        _ policy: AugmentationPolicy, _ random: RandomKey, width: Int, height: Int, size: Int, filter: ResizeFilter
    ) {
        var stream = random.stream
        let box = policy.cropArea.map {
            randomCrop(width: width, height: height, area: $0, aspect: policy.cropAspect, &stream)
        }
        let isMirrored = policy.flip > 0 && stream.uniform() < policy.flip
        resampling = Resampling(
            sourceWidth: width, sourceHeight: height, box: box, width: size, height: size, filter: filter,
            isMirrored: isMirrored)
        colours = policy.jitter?.draw(&stream)
    }

    func pixels(of scratch: ImageScratch) -> [UInt8] {
        var pixels = resampling.pixels(of: scratch)
        colours?.apply(to: &pixels)
        return pixels
    }
}
