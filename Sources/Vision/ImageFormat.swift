/// Formats that can be decoded.
public enum ImageFormat: String, Sendable, Equatable {
    case png = "PNG"
    case jpeg = "JPEG"
    case webp = "WebP"

    /// The format of an encoded image, by its first bytes.
    public init(magicOf bytes: [UInt8]) throws(ImageError) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)), bytes[8..<12].elementsEqual("WEBP".utf8) {
            self = .webp
        } else {
            throw .unknownFormat(firstBytes: Array(bytes.prefix(8)))
        }
    }
}

/// Images of more pixels than this are refused before memory is asked for.
public let maximumPixels = 1 << 28

/// Decodes a PNG, JPEG or WebP image to RGB: transparency is composited over white, palettes and grey are expanded,
/// 16-bit channels keep their high byte, CMYK is taken as Adobe's inverted kind, the EXIF orientation is applied.
public func decodeImage(_ bytes: [UInt8]) throws(ImageError) -> DecodedImage {
    switch try ImageFormat(magicOf: bytes) {
    case .png: try decodePNG(bytes)
    case .jpeg: try decodeJPEG(bytes)
    case .webp: try decodeWebP(bytes)
    }
}

/// Checks an announced size against `maximumPixels`.
func requireDecodable(_ format: ImageFormat, width: Int, height: Int) throws(ImageError) {
    guard width > 0, height > 0 else { throw .damaged(format, reason: "a side of \(min(width, height)) pixels") }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= maximumPixels else {
        throw .tooLarge(format, width: width, height: height, limit: maximumPixels)
    }
}

/// Collects the `width × height × 3` bytes that `fill` writes; `fill` returns why it could not, or nil.
func collectRGB(
    _ format: ImageFormat, width: Int, height: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> String?
) throws(ImageError) -> DecodedImage {
    let count = 3 * width * height
    var reason: String?
    let rgb = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        reason = fill(buffer.baseAddress!)
        initialized = reason == nil ? count : 0
    }
    if let reason { throw .damaged(format, reason: reason) }
    return DecodedImage(width: width, height: height, rgb: rgb)
}
