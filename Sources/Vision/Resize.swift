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
/// Two passes in fixed-point arithmetic, across and then down, with an 8-bit image between them: the pixels are those of
/// Pillow's `Image.resize(box=)`.
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
    let rows = down.span
    let stride = 3 * width
    // Vectors are stored whole, past the end of the last row.
    let narrow = UnsafeMutablePointer<UInt8>.allocate(capacity: stride * rows.count + 16)
    defer { narrow.deallocate() }
    (narrow + stride * rows.count).initialize(repeating: 0, count: 16)
    let isWholeWidth = box.x == 0 && box.width == Double(image.width) && width == image.width
    image.rgb.withUnsafeBufferPointer { source in
        let top = source.baseAddress! + 3 * image.width * rows.lowerBound
        if isWholeWidth {
            narrow.update(from: top, count: stride * rows.count)
        } else {
            resizeRows(top, rows: rows.count, width: image.width, into: narrow, by: across)
        }
    }
    let rgb = [UInt8](unsafeUninitializedCapacity: stride * height + 16) { target, initialized in
        resizeColumns(narrow, stride: stride, firstRow: rows.lowerBound, into: target.baseAddress!, by: down)
        initialized = stride * height
    }
    return DecodedImage(width: width, height: height, rgb: rgb)
}

/// The across pass: `rows × width` pixels to `rows × outputs`. Writes one byte past the last pixel.
private func resizeRows(
    _ source: UnsafePointer<UInt8>, rows: Int, width: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let (span, outputs, blocks) = (axis.span, axis.first.count, axis.taps / 4)
    // Four channels a pixel and four pixels a vector: one multiply-add serves four taps.
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
            widen(source + 3 * (row * width + span.lowerBound), into: pixels, count: span.count)
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

/// The down pass: `outputs` rows of `stride` bytes. Reads and writes up to 15 bytes past the last row.
private func resizeColumns(
    _ source: UnsafePointer<UInt8>, stride: Int, firstRow: Int, into target: UnsafeMutablePointer<UInt8>,
    by axis: ResizeWeights
) {
    let lanes = 16
    axis.weights.withUnsafeBufferPointer { weights in
        for output in 0..<axis.first.count {
            let top = UnsafeRawPointer(source + stride * (axis.first[output] - firstRow))
            let taps = weights.baseAddress! + output * axis.taps
            let count = axis.counts[output]
            let out = UnsafeMutableRawPointer(target + stride * output)
            for column in Swift.stride(from: 0, to: stride, by: lanes) {
                var sums = SIMD16<Int32>(repeating: half)
                for tap in 0..<count {
                    let bytes = top.loadUnaligned(fromByteOffset: column + stride * tap, as: SIMD16<UInt8>.self)
                    sums &+= SIMD16<Int32>(truncatingIfNeeded: bytes) &* SIMD16(repeating: taps[tap])
                }
                out.storeBytes(of: channelBytes(sums), toByteOffset: column, as: SIMD16<UInt8>.self)
            }
        }
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
