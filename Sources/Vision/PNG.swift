import CImage
import Glibc

func decodePNG(_ bytes: [UInt8]) throws(ImageError) -> DecodedImage {
    guard let context = spng_ctx_new(0) else { throw .damaged(.png, reason: "no memory for a decoder") }
    defer { spng_ctx_free(context) }
    var result: Result<DecodedImage, ImageError> = .failure(.damaged(.png, reason: "not decoded"))
    bytes.withUnsafeBufferPointer { buffer in
        // The decoder keeps the pointer, so that everything happens inside this closure.
        do throws(ImageError) {
            result = .success(try decode(buffer, with: context))
        } catch {
            result = .failure(error)
        }
    }
    return try result.get()
}

private func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, with context: OpaquePointer
) throws(ImageError) -> DecodedImage {
    func check(_ status: Int32) throws(ImageError) {
        guard status == 0 else { throw .damaged(.png, reason: String(cString: spng_strerror(status))) }
    }
    // Checksums of chunks that carry pixels must hold; other chunks with a wrong one are left out.
    try check(spng_set_crc_action(context, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_DISCARD.rawValue)))
    try check(spng_set_chunk_limits(context, 64 << 20, 64 << 20))
    try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
    var header = spng_ihdr()
    try check(spng_get_ihdr(context, &header))
    let (width, height) = (Int(header.width), Int(header.height))
    try requireDecodable(.png, width: width, height: height)
    let translucent = hasAlpha(header, context)
    let image = try collectRGB(.png, width: width, height: height) { rgb in
        let status: Int32
        if !translucent {
            status = spng_decode_image(context, rgb, 3 * width * height, Int32(SPNG_FMT_RGB8.rawValue), 0)
        } else if header.interlace_method == 0 {
            status = decodeRows(context, width: width, height: height, into: rgb)
        } else {
            status = decodeInterlaced(context, count: width * height, into: rgb)
        }
        return status == 0 ? nil : String(cString: spng_strerror(status))
    }
    return image.oriented(orientation(context))
}

private func hasAlpha(_ header: spng_ihdr, _ context: OpaquePointer) -> Bool {
    if header.color_type & 4 != 0 { return true }
    var transparency = spng_trns()
    return spng_get_trns(context, &transparency) == 0
}

/// Composites row by row, so that the four-channel image never exists as a whole.
private func decodeRows(
    _ context: OpaquePointer, width: Int, height: Int, into rgb: UnsafeMutablePointer<UInt8>
) -> Int32 {
    let flags = Int32(SPNG_DECODE_TRNS.rawValue | SPNG_DECODE_PROGRESSIVE.rawValue)
    let status = spng_decode_image(context, nil, 0, Int32(SPNG_FMT_RGBA8.rawValue), flags)
    guard status == 0 else { return status }
    let row = UnsafeMutablePointer<UInt8>.allocate(capacity: 4 * width)
    defer { row.deallocate() }
    for y in 0..<height {
        let status = spng_decode_row(context, row, 4 * width)
        let isLast = y == height - 1 && status == Int32(SPNG_EOI.rawValue)
        guard status == 0 || isLast else { return status }
        compositeOverWhite(row, into: rgb + 3 * width * y, count: width)
    }
    return 0
}

private func decodeInterlaced(_ context: OpaquePointer, count: Int, into rgb: UnsafeMutablePointer<UInt8>) -> Int32 {
    let rgba = UnsafeMutablePointer<UInt8>.allocate(capacity: 4 * count)
    defer { rgba.deallocate() }
    let status = spng_decode_image(
        context, rgba, 4 * count, Int32(SPNG_FMT_RGBA8.rawValue), Int32(SPNG_DECODE_TRNS.rawValue))
    guard status == 0 else { return status }
    compositeOverWhite(rgba, into: rgb, count: count)
    return 0
}

private func orientation(_ context: OpaquePointer) -> Orientation {
    var exif = spng_exif()
    guard spng_get_exif(context, &exif) == 0, let data = exif.data else { return .upright }
    return Orientation(exif: UnsafeRawBufferPointer(start: data, count: exif.length))
}

/// Encodes an image as an 8-bit RGB PNG; the same pixels give the same bytes.
/// - Parameter compression: zlib's level, 0 (fast) to 9 (small).
public func encodePNG(_ image: DecodedImage, compression: Int = 6) throws(ImageError) -> [UInt8] {
    precondition((0...9).contains(compression), "zlib's levels are 0…9, got \(compression)")
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
        throw .notEncoded(reason: "no memory for an encoder")
    }
    defer { spng_ctx_free(context) }
    func check(_ status: Int32) throws(ImageError) {
        guard status == 0 else { throw .notEncoded(reason: String(cString: spng_strerror(status))) }
    }
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
    try check(spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, Int32(compression)))
    var header = spng_ihdr()
    header.width = UInt32(image.width)
    header.height = UInt32(image.height)
    header.bit_depth = 8
    header.color_type = UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue)
    try check(spng_set_ihdr(context, &header))
    let format = Int32(SPNG_FMT_PNG.rawValue)
    let finalize = Int32(SPNG_ENCODE_FINALIZE.rawValue)
    try check(image.rgb.withUnsafeBytes { spng_encode_image(context, $0.baseAddress, $0.count, format, finalize) })
    var (count, status) = (0, Int32(0))
    guard let encoded = spng_get_png_buffer(context, &count, &status) else {
        throw .notEncoded(reason: String(cString: spng_strerror(status)))
    }
    defer { free(encoded) }
    return Array(UnsafeRawBufferPointer(start: encoded, count: count))
}
