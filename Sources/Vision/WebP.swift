import CImage

func decodeWebP(_ bytes: [UInt8]) throws(ImageError) -> DecodedImage {
    var features = WebPBitstreamFeatures()
    let status = bytes.withUnsafeBufferPointer { WebPGetFeatures($0.baseAddress, $0.count, &features) }
    guard status == VP8_STATUS_OK else { throw .damaged(.webp, reason: "header status \(status.rawValue)") }
    guard features.has_animation == 0 else { throw .unsupported(.webp, feature: "an animation") }
    let (width, height) = (Int(features.width), Int(features.height))
    try requireDecodable(.webp, width: width, height: height)
    let image = try collectRGB(.webp, width: width, height: height) { rgb in
        let isDecoded =
            features.has_alpha == 0
            ? decodeOpaque(bytes, width: width, height: height, into: rgb)
            : decodeTranslucent(bytes, width: width, height: height, into: rgb)
        return isDecoded ? nil : "cut or invalid bit stream"
    }
    return image.oriented(bytes.withUnsafeBytes { Orientation(webp: $0) })
}

private func decodeOpaque(
    _ bytes: [UInt8], width: Int, height: Int, into rgb: UnsafeMutablePointer<UInt8>
) -> Bool {
    bytes.withUnsafeBufferPointer {
        WebPDecodeRGBInto($0.baseAddress, $0.count, rgb, 3 * width * height, Int32(3 * width)) != nil
    }
}

private func decodeTranslucent(
    _ bytes: [UInt8], width: Int, height: Int, into rgb: UnsafeMutablePointer<UInt8>
) -> Bool {
    let size = 4 * width * height
    let rgba = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    defer { rgba.deallocate() }
    let isDecoded = bytes.withUnsafeBufferPointer {
        WebPDecodeRGBAInto($0.baseAddress, $0.count, rgba, size, Int32(4 * width)) != nil
    }
    if isDecoded { compositeOverWhite(rgba, into: rgb, count: width * height) }
    return isDecoded
}
