/// A part of an image in pixels; edges may lie between pixels.
public struct SourceBox: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    /// All of an image.
    init(width: Int, height: Int) { self.init(x: 0, y: 0, width: Double(width), height: Double(height)) }
}

/// Resamples `box` of an image (all of it when nil) to `width × height` pixels, with antialiasing.
///
/// Two passes in fixed-point arithmetic with an 8-bit image between them: the pixels are those of Pillow 13's
/// `Image.resize(box=)`. As there, the down pass comes first when the image's height shrinks by more than twice what its
/// width shrinks by; earlier versions always went across first, which differs where overshoot is clipped.
public func resize(
    _ image: DecodedImage, box: SourceBox? = nil, width: Int, height: Int, filter: ResizeFilter = .bicubic
) -> DecodedImage {
    let resampling = Resampling(
        sourceWidth: image.width, sourceHeight: image.height, box: box, width: width, height: height, filter: filter)
    let scratch = ImageScratch.ofThread
    defer { scratch.trim() }
    scratch.picture.fill(from: image, rows: resampling.rows)
    return DecodedImage(width: width, height: height, rgb: resampling.pixels(of: scratch))
}

/// A resize made ready: its weights are known before the pixels are, so that only the rows that count are decoded.
struct Resampling {
    let across: ResizeWeights
    let down: ResizeWeights
    let width: Int
    let height: Int
    private let downFirst: Bool

    /// - Parameter isMirrored: columns run from right to left.
    init(
        sourceWidth: Int, sourceHeight: Int, box: SourceBox?, width: Int, height: Int, filter: ResizeFilter,
        isMirrored: Bool = false
    ) {
        let box = box ?? SourceBox(width: sourceWidth, height: sourceHeight)
        precondition(width > 0 && height > 0, "an image is resized to at least 1 × 1 pixels, got \(width) × \(height)")
        precondition(
            box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.x + box.width <= Double(sourceWidth)
                && box.y + box.height <= Double(sourceHeight),
            "\(box) does not lie within \(sourceWidth) × \(sourceHeight) pixels")
        let across = ResizeWeights(
            input: sourceWidth, start: box.x, length: box.width, output: width, filter: filter, multiple: 4)
        self.across = isMirrored ? across.mirrored() : across
        down = ResizeWeights(
            input: sourceHeight, start: box.y, length: box.height, output: height, filter: filter, multiple: 1)
        let (shrunkWidth, shrunkHeight) = (sourceWidth - width, sourceHeight - height)
        downFirst = shrunkHeight > 0 && shrunkHeight > 2 * shrunkWidth
        (self.width, self.height) = (width, height)
    }

    /// Rows of the source that count.
    var rows: Range<Int> { down.span }

    /// `(height, width, 3)` bytes from the scratch's picture, which must hold `rows`.
    func pixels(of scratch: ImageScratch) -> [UInt8] {
        let picture = scratch.picture
        precondition(
            picture.rows.lowerBound <= rows.lowerBound && picture.rows.upperBound >= rows.upperBound,
            "rows \(rows) are needed, \(picture.rows) were decoded")
        let source = picture.bytes + picture.stride * (rows.lowerBound - picture.rows.lowerBound)
        // One byte more: pixels are stored four bytes at a time.
        return [UInt8](unsafeUninitializedCapacity: 3 * width * height + 1) { target, initialized in
            if let target = target.baseAddress {
                resample(source, stride: picture.stride, into: target, with: scratch)
            }
            initialized = 3 * width * height
        }
    }

    /// - Parameter source: the first of `rows`.
    private func resample(
        _ source: UnsafePointer<UInt8>, stride: Int, into target: UnsafeMutablePointer<UInt8>,
        with scratch: ImageScratch
    ) {
        if downFirst {
            let middle = scratch.middle(pixels: stride / 4 * height + across.taps)
            resizeColumns(source, stride: stride, bytes: stride, into: middle, by: down)
            resizeRows(middle, stride: stride, rows: height, into: target, by: across)
        } else {
            let middle = scratch.middle(pixels: width * rows.count)
            resizeRows(source, stride: stride, rows: rows.count, into: middle, by: across)
            resizeColumns(middle, stride: 3 * width, bytes: 3 * width, into: target, by: down)
        }
    }
}
