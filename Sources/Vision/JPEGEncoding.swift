import CImage

/// Encodes an image as a baseline JPEG with colour halved both ways; the same pixels give the same bytes.
/// - Parameter quality: 1 (small) to 100 (like the image), libjpeg's scale.
public func encodeJPEG(_ image: DecodedImage, quality: Int = 90) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG qualities are 1…100, got \(quality)")
    guard let encoder = tjInitCompress() else { throw .notEncoded(reason: "no memory for an encoder") }
    defer { tjDestroy(encoder) }
    var (bytes, count): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    defer { tjFree(bytes) }
    let status = image.rgb.withUnsafeBufferPointer {
        tjCompress2(
            encoder, $0.baseAddress, Int32(image.width), 0, Int32(image.height), Int32(TJPF_RGB.rawValue), &bytes,
            &count, Int32(TJSAMP_420.rawValue), Int32(quality), 0)
    }
    guard status == 0, let bytes else { throw .notEncoded(reason: String(cString: tjGetErrorStr2(encoder))) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
}
