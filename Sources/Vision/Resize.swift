/// A part of an image in pixels; edges may lie between pixels.
public struct SourceBox: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
}

/// Resamples `box` of an image (all of it when nil) to `width × height` pixels, with antialiasing.
///
/// Two passes in fixed-point arithmetic with an 8-bit image between them: the pixels are those of Pillow 13's
/// `Image.resize(box=)`. As there, the down pass comes first when the image's height shrinks by more than twice what its
/// width shrinks by; earlier versions always went across first, which differs where overshoot is clipped.
public func resize(
    _ image: DecodedImage, box: SourceBox? = nil, width: Int, height: Int, filter: ResizeFilter = .bicubic
) -> DecodedImage {
    let box = box ?? SourceBox(x: 0, y: 0, width: Double(image.width), height: Double(image.height))
    precondition(width > 0 && height > 0, "an image is resized to at least 1 × 1 pixels, got \(width) × \(height)")
    precondition(
        box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.x + box.width <= Double(image.width)
            && box.y + box.height <= Double(image.height),
        "\(box) does not lie within \(image.width) × \(image.height) pixels")
    let across = ResizeWeights(
        input: image.width, start: box.x, length: box.width, output: width, filter: filter, multiple: 4)
    let down = ResizeWeights(
        input: image.height, start: box.y, length: box.height, output: height, filter: filter, multiple: 1)
    let (shrunkWidth, shrunkHeight) = (image.width - width, image.height - height)
    let downFirst = shrunkHeight > 0 && shrunkHeight > 2 * shrunkWidth
    let between =
        downFirst ? (width: across.span.count, height: height) : (width: width, height: down.span.count)
    let middle = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * between.width * between.height + 1)
    defer { middle.deallocate() }
    let stride = 3 * image.width
    let rgb = [UInt8](unsafeUninitializedCapacity: 3 * width * height + 1) { target, initialized in
        let target = target.baseAddress!
        image.rgb.withUnsafeBufferPointer { source in
            let corner = source.baseAddress! + stride * down.span.lowerBound + 3 * across.span.lowerBound
            if downFirst {
                resizeColumns(corner, stride: stride, bytes: 3 * between.width, into: middle, by: down)
                resizeRows(middle, stride: 3 * between.width, rows: height, into: target, by: across)
            } else {
                resizeRows(corner, stride: stride, rows: between.height, into: middle, by: across)
                resizeColumns(middle, stride: 3 * width, bytes: 3 * width, into: target, by: down)
            }
        }
        initialized = 3 * width * height
    }
    return DecodedImage(width: width, height: height, rgb: rgb)
}

/// The across pass. `source` is the first pixel of `axis.span` in the first row; targets lie without gaps, and one byte
/// past the last is written.
private func resizeRows(
    _ source: UnsafePointer<UInt8>, stride: Int, rows: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let (span, outputs, blocks) = (axis.span, axis.first.count, axis.taps / 4)
    // Four channels a pixel and four pixels a vector: one multiplication serves four taps.
    let pixels = UnsafeMutablePointer<SIMD4<Int32>>.allocate(capacity: span.count + axis.taps)
    pixels.initialize(repeating: .zero, count: span.count + axis.taps)
    let weights = UnsafeMutablePointer<SIMD16<Int32>>.allocate(capacity: outputs * blocks)
    defer {
        pixels.deallocate()
        weights.deallocate()
    }
    for block in 0..<outputs * blocks {
        var vector = SIMD16<Int32>()
        for lane in 0..<16 { vector[lane] = axis.weights[4 * block + lane / 4] }
        weights[block] = vector
    }
    axis.first.withUnsafeBufferPointer { first in
        for row in 0..<rows {
            widen(source + stride * row, into: pixels, count: span.count)
            let out = UnsafeMutableRawPointer(target + 3 * outputs * row)
            for output in 0..<outputs {
                let taps = UnsafeRawPointer(pixels + (first[output] - span.lowerBound))
                var sums = SIMD16<Int32>()
                for block in 0..<blocks {
                    let values = taps.loadUnaligned(fromByteOffset: 64 * block, as: SIMD16<Int32>.self)
                    sums &+= values &* weights[output * blocks + block]
                }
                let halves = sums.lowHalf &+ sums.highHalf
                let bytes = channelBytes(halves.lowHalf &+ halves.highHalf &+ half)
                out.storeBytes(of: bytes, toByteOffset: 3 * output, as: SIMD4<UInt8>.self)
            }
        }
    }
}

/// The down pass over rows of `bytes` bytes, `stride` apart. `source` is the first row of `axis.span`; targets lie
/// without gaps.
private func resizeColumns(
    _ source: UnsafePointer<UInt8>, stride: Int, bytes: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let firstRow = axis.span.lowerBound
    axis.weights.withUnsafeBufferPointer { weights in
        for output in 0..<axis.first.count {
            let top = source + stride * (axis.first[output] - firstRow)
            let taps = UnsafeBufferPointer(rebasing: weights[(output * axis.taps)...].prefix(axis.counts[output]))
            let out = target + bytes * output
            if bytes < 16 {
                sumColumns(top, stride: stride, bytes: bytes, taps, into: out)
            } else {
                // The last vector overlaps the one before it rather than reach past the row.
                for column in Swift.stride(from: 0, to: bytes, by: 16) {
                    sumVector(top + min(column, bytes - 16), stride: stride, taps, into: out + min(column, bytes - 16))
                }
            }
        }
    }
}

@inline(__always) private func sumVector(
    _ top: UnsafePointer<UInt8>, stride: Int, _ taps: UnsafeBufferPointer<Int32>,
    into target: UnsafeMutablePointer<UInt8>
) {
    let source = UnsafeRawPointer(top)
    var sums = SIMD16<Int32>(repeating: half)
    for tap in 0..<taps.count {
        let bytes = source.loadUnaligned(fromByteOffset: stride * tap, as: SIMD16<UInt8>.self)
        sums &+= SIMD16<Int32>(truncatingIfNeeded: bytes) &* SIMD16(repeating: taps[tap])
    }
    UnsafeMutableRawPointer(target).storeBytes(of: channelBytes(sums), as: SIMD16<UInt8>.self)
}

/// Rows narrower than a vector.
private func sumColumns(
    _ top: UnsafePointer<UInt8>, stride: Int, bytes: Int, _ taps: UnsafeBufferPointer<Int32>,
    into target: UnsafeMutablePointer<UInt8>
) {
    for column in 0..<bytes {
        let sum = taps.indices.reduce(half) { $0 &+ Int32(top[column + stride * $1]) &* taps[$1] }
        target[column] = UInt8(min(max(sum >> Int32(ResizeWeights.places), 0), 255))
    }
}

/// Three bytes a pixel to four numbers a pixel, of which the fourth means nothing.
private func widen(_ source: UnsafePointer<UInt8>, into pixels: UnsafeMutablePointer<SIMD4<Int32>>, count: Int) {
    let raw = UnsafeRawPointer(source)
    for pixel in 0..<count - 1 {
        let bytes = raw.loadUnaligned(fromByteOffset: 3 * pixel, as: SIMD4<UInt8>.self)
        pixels[pixel] = SIMD4(truncatingIfNeeded: bytes)
    }
    let last = source + 3 * (count - 1)
    pixels[count - 1] = SIMD4(Int32(last[0]), Int32(last[1]), Int32(last[2]), 0)
}

/// One half, added to sums before they are cut to whole levels.
private let half: Int32 = 1 << Int32(ResizeWeights.places - 1)

@inline(__always) private func channelBytes(_ sums: SIMD4<Int32>) -> SIMD4<UInt8> {
    let levels = sums &>> Int32(ResizeWeights.places)
    return SIMD4(truncatingIfNeeded: levels.clamped(lowerBound: .zero, upperBound: .init(repeating: 255)))
}

@inline(__always) private func channelBytes(_ sums: SIMD16<Int32>) -> SIMD16<UInt8> {
    let levels = sums &>> Int32(ResizeWeights.places)
    return SIMD16(truncatingIfNeeded: levels.clamped(lowerBound: .zero, upperBound: .init(repeating: 255)))
}
