import Glibc
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
    var stream = random.stream
    let box = policy.cropArea.map { randomCrop(of: image, area: $0, aspect: policy.cropAspect, &stream) }
    var pixels = resize(image, box: box, width: size, height: size, filter: filter).rgb
    if policy.flip > 0, stream.uniform() < policy.flip { mirror(&pixels, width: size) }
    if let matrix = policy.jitter?.draw(&stream, meanOf: pixels) { matrix.apply(to: &pixels) }
    return pixels
}

/// A box of whole pixels with a random area and aspect; after ten that do not fit, the largest centred one that does.
func randomCrop(
    of image: DecodedImage, area: ClosedRange<Float>, aspect: ClosedRange<Float>, _ stream: inout RandomStream
) -> SourceBox {
    let (width, height) = (Float(image.width), Float(image.height))
    for _ in 0..<10 {
        let share = area.lowerBound + (area.upperBound - area.lowerBound) * stream.uniform()
        let (low, high) = (logf(aspect.lowerBound), logf(aspect.upperBound))
        let ratio = expf(low + (high - low) * stream.uniform())
        let pixels = width * height * share
        let (cropWidth, cropHeight) = (
            Int((pixels * ratio).squareRoot().rounded()), Int((pixels / ratio).squareRoot().rounded())
        )
        guard (1...image.width).contains(cropWidth), (1...image.height).contains(cropHeight) else { continue }
        let x = stream.integer(below: image.width - cropWidth + 1)
        let y = stream.integer(below: image.height - cropHeight + 1)
        return SourceBox(x: Double(x), y: Double(y), width: Double(cropWidth), height: Double(cropHeight))
    }
    let ratio = min(max(width / height, aspect.lowerBound), aspect.upperBound)
    let cropWidth = max(1, min(width, (height * ratio).rounded()))
    let cropHeight = max(1, min(height, (width / ratio).rounded()))
    return SourceBox(
        x: Double(((width - cropWidth) / 2).rounded(.down)), y: Double(((height - cropHeight) / 2).rounded(.down)),
        width: Double(cropWidth), height: Double(cropHeight))
}

/// Reverses the pixels of every row.
func mirror(_ pixels: inout [UInt8], width: Int) {
    pixels.withUnsafeMutableBufferPointer { pixels in
        for row in stride(from: 0, to: pixels.count, by: 3 * width) {
            var (left, right) = (row, row + 3 * (width - 1))
            while left < right {
                for channel in 0..<3 { pixels.swapAt(left + channel, right + channel) }
                left += 3
                right -= 3
            }
        }
    }
}
