/// One change of all colours of an image. Channels are fractions of full light, and stay within 0…1 after each.
enum ColourOperation: Equatable {
    /// c · factor.
    case brightness(Float)
    /// Away from the image's mean luma by a factor.
    case contrast(Float)
    /// Away from the pixel's own luma by a factor; 0 is grey.
    case saturation(Float)
    /// Turns the hue of HSV; 1 is the whole circle.
    case hue(Float)
}

/// Changes made one after another; levels are rounded once, at the end.
struct ColourChange: Equatable {
    var operations: [ColourOperation]

    /// Changes RGB pixels in place.
    func apply(to pixels: inout [UInt8]) {
        let count = pixels.count / 3
        guard count > 0 else { return }
        pixels.withUnsafeMutableBufferPointer { buffer in
            guard let pixels = buffer.baseAddress else { return }
            var steps: [ColourStep] = []
            for operation in operations {
                switch operation {
                case .brightness(let factor): steps.append(.blend(factor, with: 0))
                case .contrast(let factor):
                    steps.append(.blend(factor, with: meanLuma(pixels, count: count, after: steps)))
                case .saturation(let factor): steps.append(.saturate(factor))
                case .hue(let turn): steps.append(.turn(turn))
                }
            }
            forEachBlock(pixels, count: count) { colours, _ in
                for step in steps { step.apply(to: &colours) }
                return true
            }
        }
    }
}

/// An operation whose constants are known.
private enum ColourStep {
    case blend(Float, with: Float)
    case saturate(Float)
    case turn(Float)

    @inline(__always) func apply(to colours: inout Colours) {
        switch self {
        case .blend(let factor, let other): colours.blend(factor, with: SIMD16(repeating: other))
        case .saturate(let factor): colours.blend(factor, with: colours.luma)
        case .turn(let turn): colours.turnHue(by: turn)
        }
    }
}

/// Mean luma of RGB pixels after some steps.
private func meanLuma(_ pixels: UnsafeMutablePointer<UInt8>, count: Int, after steps: [ColourStep]) -> Float {
    var sum = 0.0
    forEachBlock(pixels, count: count) { colours, present in
        for step in steps { step.apply(to: &colours) }
        var luma = colours.luma
        if present < 16 { for lane in present..<16 { luma[lane] = 0 } }
        sum += Double(luma.sum())
        return false
    }
    return Float(sum / Double(count))
}

/// Calls `body` with sixteen pixels at a time, the last ones repeated to fill a block, and writes back what it says.
@inline(__always) private func forEachBlock(
    _ pixels: UnsafeMutablePointer<UInt8>, count: Int, _ body: (inout Colours, _ present: Int) -> Bool
) {
    for start in stride(from: 0, to: count, by: 16) {
        let present = min(16, count - start)
        var colours = Colours(pixels + 3 * start, count: present)
        if body(&colours, present) { colours.store(pixels + 3 * start, count: present) }
    }
}

/// Sixteen pixels, channels apart.
private struct Colours {
    var red: SIMD16<Float>
    var green: SIMD16<Float>
    var blue: SIMD16<Float>

    @inline(__always) init(_ pixels: UnsafePointer<UInt8>, count: Int) {
        var (red, green, blue) = (SIMD16<UInt32>(), SIMD16<UInt32>(), SIMD16<UInt32>())
        for lane in 0..<16 {
            let pixel = pixels + 3 * min(lane, count - 1)
            red[lane] = UInt32(pixel[0])
            green[lane] = UInt32(pixel[1])
            blue[lane] = UInt32(pixel[2])
        }
        self.red = fraction(red)
        self.green = fraction(green)
        self.blue = fraction(blue)
    }

    @inline(__always) func store(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
        let (red, green, blue) = (level(red), level(green), level(blue))
        for lane in 0..<count {
            pixels[3 * lane] = UInt8(truncatingIfNeeded: red[lane])
            pixels[3 * lane + 1] = UInt8(truncatingIfNeeded: green[lane])
            pixels[3 * lane + 2] = UInt8(truncatingIfNeeded: blue[lane])
        }
    }

    /// Rec. 601.
    var luma: SIMD16<Float> { 0.2989 * red + 0.587 * green + 0.114 * blue }

    @inline(__always) mutating func blend(_ factor: Float, with other: SIMD16<Float>) {
        let rest = other * (1 - factor)
        red = unit(red * factor + rest)
        green = unit(green * factor + rest)
        blue = unit(blue * factor + rest)
    }

    /// Channel n of a colour with hue h (in sixths of the circle), range c and maximum v is
    /// v − c · max(0, min(k, 4 − k, 1)) with k = (n + h) mod 6 and n = 5, 3, 1 for red, green, blue.
    @inline(__always) mutating func turnHue(by turn: Float) {
        let value = pointwiseMax(red, pointwiseMax(green, blue))
        let range = value - pointwiseMin(red, pointwiseMin(green, blue))
        let divisor = range.replacing(with: 1, where: range .== 0)
        var hue = 4 + (red - green) / divisor
        hue.replace(with: 2 + (blue - red) / divisor, where: value .== green)
        hue.replace(with: (green - blue) / divisor, where: value .== red)
        let turned = hue + (6 * turn + 12)
        red = channel(turned + 5, value, range)
        green = channel(turned + 3, value, range)
        blue = channel(turned + 1, value, range)
    }
}

/// - Parameter sixths: not below 0 and below 30.
@inline(__always) private func channel(
    _ sixths: SIMD16<Float>, _ value: SIMD16<Float>, _ range: SIMD16<Float>
) -> SIMD16<Float> {
    var k = sixths
    for _ in 0..<4 { k.replace(with: k - 6, where: k .>= 6) }
    let share = pointwiseMin(pointwiseMin(k, 4 - k), SIMD16(repeating: 1))
    return unit(value - range * pointwiseMax(share, SIMD16()))
}

@inline(__always) private func unit(_ colour: SIMD16<Float>) -> SIMD16<Float> {
    pointwiseMin(pointwiseMax(colour, SIMD16()), SIMD16(repeating: 1))
}

/// 2²³: a float of this size holds a whole number in its low bits.
private let wholeNumbers: Float = 8_388_608

/// Levels 0…255 as fractions.
@inline(__always) private func fraction(_ levels: SIMD16<UInt32>) -> SIMD16<Float> {
    let shifted = unsafeBitCast(levels | SIMD16(repeating: wholeNumbers.bitPattern), to: SIMD16<Float>.self)
    return (shifted - wholeNumbers) * (1 / 255)
}

/// The nearest levels.
@inline(__always) private func level(_ fractions: SIMD16<Float>) -> SIMD16<UInt32> {
    unsafeBitCast(fractions * 255 + wholeNumbers, to: SIMD16<UInt32>.self) & 255
}
