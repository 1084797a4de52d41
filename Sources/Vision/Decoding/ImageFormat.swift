/// Formats that can be decoded.
public enum ImageFormat: String, Sendable, Equatable, Codable {
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
/// 16-bit channels keep their high byte, gamma and colour profiles are left alone, CMYK is taken as Adobe's inverted
/// kind, the EXIF orientation is applied.
public func decodeImage(_ bytes: [UInt8]) throws(ImageError) -> DecodedImage {
    let scratch = ImageScratch.ofThread
    defer { scratch.trim() }
    try scratch.decode(bytes)
    return scratch.picture.image()
}

/// What an encoded image says of itself before its pixels.
public struct ImageHeader: Sendable, Equatable {
    public let format: ImageFormat
    /// In pixels, upright.
    public let width: Int
    public let height: Int

    /// Reads the header only: pixels may be damaged all the same.
    public init(of bytes: [UInt8]) throws(ImageError) {
        format = try ImageFormat(magicOf: bytes)
        (width, height) = try ImageScratch.ofThread.size(bytes, format)
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
