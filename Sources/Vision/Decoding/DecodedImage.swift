/// An image of `width × height` pixels, interleaved RGB, one byte per channel.
public struct DecodedImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `(height, width, 3)` bytes.
    public let rgb: [UInt8]

    public init(width: Int, height: Int, rgb: [UInt8]) {
        precondition(
            width > 0 && height > 0 && rgb.count == 3 * width * height,
            "an image of \(width) × \(height) pixels needs \(3 * width * height) bytes, got \(rgb.count)")
        self.width = width
        self.height = height
        self.rgb = rgb
    }
}
