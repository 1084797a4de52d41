import CImage
import Glibc

/// Decodes an image as it is stored, over white.
/// - Returns: how it is to be turned.
func decodePNG(_ bytes: [UInt8], into picture: PixelBuffer) throws(ImageError) -> Orientation {
    try withPNG(bytes) { context, header throws(ImageError) in
        let count = Int(header.width) * Int(header.height)
        picture.reserve(width: Int(header.width), height: Int(header.height), rows: 0..<Int(header.height))
        let status: Int32
        if hasAlpha(header, context) {
            let flags = Int32(SPNG_DECODE_TRNS.rawValue)
            status = spng_decode_image(context, picture.bytes, 4 * count, Int32(SPNG_FMT_RGBA8.rawValue), flags)
            if status == 0 { compositeOverWhite(picture.pixels, count: count) }
        } else {
            // Three bytes a pixel are what the library writes fastest; they are spread out where they lie.
            let packed = picture.bytes + count
            status = spng_decode_image(context, packed, 3 * count, Int32(SPNG_FMT_RGB8.rawValue), 0)
            if status == 0 { widenPixels(packed, into: picture.pixels, count: count) }
        }
        try check(status)
        return orientation(context)
    }
}

func sizeOfPNG(_ bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
    try withPNG(bytes) { context, header throws(ImageError) in
        // The orientation may stand in a chunk after the pixels, which is not looked for here.
        let (width, height) = (Int(header.width), Int(header.height))
        return orientation(context).isTransposed ? (height, width) : (width, height)
    }
}

/// Opens an image and checks what its header announces.
private func withPNG<Value>(
    _ bytes: [UInt8], _ body: (OpaquePointer, spng_ihdr) throws(ImageError) -> Value
) throws(ImageError) -> Value {
    guard let context = spng_ctx_new(0) else { throw .damaged(.png, reason: "no memory for a decoder") }
    defer { spng_ctx_free(context) }
    // The decoder keeps the pointer, so that everything happens inside this closure.
    let result: Result<Value, ImageError> = bytes.withUnsafeBufferPointer { buffer in
        do throws(ImageError) {
            return .success(try body(context, try header(buffer, context)))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

private func header(
    _ bytes: UnsafeBufferPointer<UInt8>, _ context: OpaquePointer
) throws(ImageError) -> spng_ihdr {
    // Checksums of chunks that carry pixels must hold; other chunks with a wrong one are left out.
    try check(spng_set_crc_action(context, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_DISCARD.rawValue)))
    try check(spng_set_chunk_limits(context, 64 << 20, 64 << 20))
    try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
    var header = spng_ihdr()
    try check(spng_get_ihdr(context, &header))
    try requireDecodable(.png, width: Int(header.width), height: Int(header.height))
    return header
}

private func check(_ status: Int32) throws(ImageError) {
    guard status == 0 else { throw .damaged(.png, reason: String(cString: spng_strerror(status))) }
}

private func hasAlpha(_ header: spng_ihdr, _ context: OpaquePointer) -> Bool {
    if header.color_type & 4 != 0 { return true }
    var transparency = spng_trns()
    return spng_get_trns(context, &transparency) == 0
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
        throw .notEncoded(.png, reason: "no memory for an encoder")
    }
    defer { spng_ctx_free(context) }
    func check(_ status: Int32) throws(ImageError) {
        guard status == 0 else { throw .notEncoded(.png, reason: String(cString: spng_strerror(status))) }
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
        throw .notEncoded(.png, reason: String(cString: spng_strerror(status)))
    }
    defer { free(encoded) }
    return Array(UnsafeRawBufferPointer(start: encoded, count: count))
}
