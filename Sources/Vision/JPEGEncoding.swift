import CImage
import Glibc

/// Encodes an image as a baseline JPEG; the same pixels give the same bytes with the same library.
/// - Parameters:
///   - quality: 1 (small) to 100 (like the image), libjpeg's scale.
///   - keepsChroma: colour at full resolution rather than halved both ways.
public func encodeJPEG(
    _ image: DecodedImage, quality: Int = 90, keepsChroma: Bool = false
) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG qualities are 1…100, got \(quality)")
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    var message = [CChar](repeating: 0, count: Int(JMSG_LENGTH_MAX))
    let status = image.rgb.withUnsafeBufferPointer {
        unimo_jpeg_encode(
            $0.baseAddress, Int32(image.width), Int32(image.height), Int32(quality), keepsChroma ? 1 : 0, &bytes,
            &count, &message)
    }
    guard status == 0, let bytes else {
        throw .notEncoded(.jpeg, reason: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
}
