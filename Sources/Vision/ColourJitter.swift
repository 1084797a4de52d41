import Glibc
import Runtime

/// Random changes of brightness, contrast, saturation and hue, in this order.
///
/// All of them are linear in the colour, so that one 3 × 4 matrix, drawn per image, is applied in one pass and values are
/// clamped once. Hue is turned in the chroma plane of YIQ.
public struct ColourJitter: Sendable, Equatable {
    /// Probability that colours change at all.
    public var probability: Float
    /// Factors are drawn from 1 − strength … 1 + strength, not below 0.
    public var brightness: Float
    public var contrast: Float
    public var saturation: Float
    /// Turns are drawn from −hue … +hue; 1 is the whole circle.
    public var hue: Float
    /// Probability of a grey image.
    public var grey: Float

    public init(
        probability: Float, brightness: Float, contrast: Float, saturation: Float, hue: Float, grey: Float
    ) {
        self.probability = probability
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        self.grey = grey
    }

    /// Colours keep their names.
    public static let light = ColourJitter(
        probability: 0.8, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.02, grey: 0)
    /// SimCLR's, at strength 0.5.
    public static let strong = ColourJitter(
        probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, grey: 0.2)

    /// Draws the change of one image; nil leaves it as it is.
    func draw(_ stream: inout RandomStream, meanOf pixels: [UInt8]) -> ColourMatrix? {
        func factor(_ strength: Float, _ stream: inout RandomStream) -> Float {
            max(0, 1 + strength * (2 * stream.uniform() - 1))
        }
        let changes = stream.uniform() < probability
        let (bright, contrasted) = (factor(brightness, &stream), factor(contrast, &stream))
        let saturated = factor(saturation, &stream)
        let turn = hue * (2 * stream.uniform() - 1)
        let isGrey = stream.uniform() < grey
        guard changes || isGrey else { return nil }
        var matrix = ColourMatrix.identity
        if changes {
            matrix.scale(by: bright)
            matrix.contrast(by: contrasted, about: bright * meanLuma(pixels))
            matrix.saturate(by: saturated)
            matrix.turnHue(by: turn)
        }
        if isGrey { matrix.saturate(by: 0) }
        return matrix
    }
}

/// Rec. 601 luma weights.
private let luma = SIMD4<Float>(0.299, 0.587, 0.114, 0)

/// Mean luma of RGB pixels, 0…255.
func meanLuma(_ pixels: [UInt8]) -> Float {
    var (red, green, blue) = (0, 0, 0)
    pixels.withUnsafeBufferPointer { pixels in
        for pixel in stride(from: 0, to: pixels.count, by: 3) {
            red &+= Int(pixels[pixel])
            green &+= Int(pixels[pixel + 1])
            blue &+= Int(pixels[pixel + 2])
        }
    }
    let sums = SIMD4(Float(red), Float(green), Float(blue), 0) * luma
    return sums.sum() / Float(max(pixels.count / 3, 1))
}

/// An affine map of RGB colours: columns for red, green, blue, and an offset.
struct ColourMatrix: Equatable {
    var red: SIMD4<Float>
    var green: SIMD4<Float>
    var blue: SIMD4<Float>
    var offset: SIMD4<Float>

    static let identity = ColourMatrix(
        red: SIMD4(1, 0, 0, 0), green: SIMD4(0, 1, 0, 0), blue: SIMD4(0, 0, 1, 0), offset: .zero)

    /// Each column through `map`, a linear map of colours.
    private mutating func follow(_ map: (SIMD4<Float>) -> SIMD4<Float>) {
        (red, green, blue, offset) = (map(red), map(green), map(blue), map(offset))
    }

    mutating func scale(by factor: Float) { follow { $0 * factor } }

    /// Colours move from `centre` by `factor`.
    mutating func contrast(by factor: Float, about centre: Float) {
        scale(by: factor)
        offset += SIMD4(1, 1, 1, 0) * (centre * (1 - factor))
    }

    /// Colours move from their own luma by `factor`; 0 is grey.
    mutating func saturate(by factor: Float) {
        follow { colour in
            let grey = (colour * luma).sum()
            return SIMD4(repeating: grey) + (colour - SIMD4(repeating: grey)) * factor
        }
    }

    /// Turns the chroma plane of YIQ; 1 is the whole circle.
    mutating func turnHue(by turn: Float) {
        let (cosine, sine) = (cosf(2 * .pi * turn), sinf(2 * .pi * turn))
        follow { colour in
            let y = (colour * luma).sum()
            let i = (colour * SIMD4(0.595_716, -0.274_453, -0.321_263, 0)).sum()
            let q = (colour * SIMD4(0.211_456, -0.522_591, 0.311_135, 0)).sum()
            let (turnedI, turnedQ) = (i * cosine - q * sine, i * sine + q * cosine)
            return SIMD4(
                y + 0.956_296 * turnedI + 0.621_024 * turnedQ, y - 0.272_122 * turnedI - 0.647_381 * turnedQ,
                y - 1.106_989 * turnedI + 1.704_615 * turnedQ, 0)
        }
    }

    /// Maps RGB pixels in place, rounding and clamping to 0…255.
    func apply(to pixels: inout [UInt8]) {
        let (red, green, blue, base) = (red, green, blue, offset + 0.5)
        pixels.withUnsafeMutableBufferPointer { pixels in
            for pixel in stride(from: 0, to: pixels.count, by: 3) {
                var colour = base
                colour.addProduct(red, Float(pixels[pixel]))
                colour.addProduct(green, Float(pixels[pixel + 1]))
                colour.addProduct(blue, Float(pixels[pixel + 2]))
                colour.replace(with: 0, where: colour .< 0)
                colour.replace(with: 255, where: colour .> 255)
                pixels[pixel] = UInt8(colour.x)
                pixels[pixel + 1] = UInt8(colour.y)
                pixels[pixel + 2] = UInt8(colour.z)
            }
        }
    }
}
