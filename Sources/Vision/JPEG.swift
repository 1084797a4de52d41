import CImage

func decodeJPEG(_ bytes: [UInt8]) throws(ImageError) -> DecodedImage {
    guard let decoder = tjInitDecompress() else { throw .damaged(.jpeg, reason: "no memory for a decoder") }
    defer { tjDestroy(decoder) }
    var (width, height, subsampling, colour) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let status = bytes.withUnsafeBufferPointer {
        tjDecompressHeader3(decoder, $0.baseAddress, UInt($0.count), &width, &height, &subsampling, &colour)
    }
    guard status == 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else {
        throw .damaged(.jpeg, reason: String(cString: tjGetErrorStr2(decoder)))
    }
    try requireDecodable(.jpeg, width: Int(width), height: Int(height))
    let isCMYK = colour == Int32(TJCS_CMYK.rawValue) || colour == Int32(TJCS_YCCK.rawValue)
    let image = try collectRGB(.jpeg, width: Int(width), height: Int(height)) { rgb in
        isCMYK
            ? decompressCMYK(decoder, bytes, width: width, height: height, into: rgb)
            : decompress(decoder, bytes, width: width, height: height, format: TJPF_RGB, into: rgb)
    }
    return image.oriented(bytes.withUnsafeBytes { Orientation(jpeg: $0) })
}

/// Returns why the image is damaged, or nil. Missing data is damage; oddities the decoder merely warns of are not.
private func decompress(
    _ decoder: tjhandle, _ bytes: [UInt8], width: Int32, height: Int32, format: TJPF,
    into pixels: UnsafeMutablePointer<UInt8>
) -> String? {
    let status = bytes.withUnsafeBufferPointer {
        tjDecompress2(
            decoder, $0.baseAddress, UInt($0.count), pixels, width, 0, height, Int32(format.rawValue),
            TJFLAG_LIMITSCANS)
    }
    guard status != 0 else { return nil }
    let reason = String(cString: tjGetErrorStr2(decoder))
    let isWarning = tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue)
    return isWarning && !reason.contains("remature end") ? nil : reason
}

private func decompressCMYK(
    _ decoder: tjhandle, _ bytes: [UInt8], width: Int32, height: Int32, into rgb: UnsafeMutablePointer<UInt8>
) -> String? {
    let count = Int(width) * Int(height)
    let cmyk = UnsafeMutablePointer<UInt8>.allocate(capacity: 4 * count)
    defer { cmyk.deallocate() }
    if let reason = decompress(decoder, bytes, width: width, height: height, format: TJPF_CMYK, into: cmyk) {
        return reason
    }
    for pixel in 0..<count {
        let black = UInt32(cmyk[4 * pixel + 3])
        for channel in 0..<3 {
            let ink = UInt32(cmyk[4 * pixel + channel])
            rgb[3 * pixel + channel] = UInt8(truncatingIfNeeded: roundedDivisionBy255(ink &* black))
        }
    }
    return nil
}
