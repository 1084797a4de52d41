import CImage

/// Decodes an image as it is stored, over white.
/// - Returns: how it is to be turned.
func decodeWebP(_ bytes: [UInt8], into picture: PixelBuffer) throws(ImageError) -> Orientation {
    let features = try features(of: bytes)
    let (width, height) = (Int(features.width), Int(features.height))
    picture.reserve(width: width, height: height, rows: 0..<height)
    let isDecoded = bytes.withUnsafeBufferPointer {
        WebPDecodeRGBAInto($0.baseAddress, $0.count, picture.bytes, 4 * width * height, Int32(4 * width)) != nil
    }
    guard isDecoded else { throw .damaged(.webp, reason: "cut or invalid bit stream") }
    if features.has_alpha != 0 { compositeOverWhite(picture.pixels, count: width * height) }
    return bytes.withUnsafeBytes { Orientation(webp: $0) }
}

func sizeOfWebP(_ bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
    let features = try features(of: bytes)
    let (width, height) = (Int(features.width), Int(features.height))
    let isTransposed = bytes.withUnsafeBytes { Orientation(webp: $0) }.isTransposed
    return isTransposed ? (height, width) : (width, height)
}

private func features(of bytes: [UInt8]) throws(ImageError) -> WebPBitstreamFeatures {
    var features = WebPBitstreamFeatures()
    let status = bytes.withUnsafeBufferPointer { WebPGetFeatures($0.baseAddress, $0.count, &features) }
    guard status == VP8_STATUS_OK else { throw .damaged(.webp, reason: "header status \(status.rawValue)") }
    guard features.has_animation == 0 else { throw .unsupported(.webp, feature: "an animation") }
    try requireDecodable(.webp, width: Int(features.width), height: Int(features.height))
    return features
}
