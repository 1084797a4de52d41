import CImage

typealias JPEGDecoder = UnsafeMutablePointer<unimo_jpeg_decoder>

/// Decodes the rows that `choose` wants, as they are stored (not turned).
///
/// Missing data is damage; oddities that the library merely warns of are not. When the last rows are not wanted, the
/// file behind them is not looked at.
func decodeJPEG(
    _ bytes: [UInt8], with decoder: JPEGDecoder, into picture: PixelBuffer, rows choose: ImageScratch.RowChoice
) throws(ImageError) {
    let reason: Result<String?, ImageError> = bytes.withUnsafeBufferPointer { buffer in
        // The decoder keeps the pointer until it is done with the image.
        defer { unimo_jpeg_abandon(decoder) }
        do throws(ImageError) {
            let (width, height) = try begin(buffer, decoder)
            let rows = choose(width, height)
            picture.reserve(width: width, height: height, rows: rows)
            return .success(decompress(decoder, into: picture))
        } catch {
            return .failure(error)
        }
    }
    if let reason = try reason.get() { throw .damaged(.jpeg, reason: reason) }
    if unimo_jpeg_has_inks(decoder) != 0 { paperFromInks(picture.pixels, count: picture.width * picture.rows.count) }
}

func sizeOfJPEG(_ bytes: [UInt8], with decoder: JPEGDecoder) throws(ImageError) -> (width: Int, height: Int) {
    let size: Result<(Int, Int), ImageError> = bytes.withUnsafeBufferPointer { buffer in
        defer { unimo_jpeg_abandon(decoder) }
        do throws(ImageError) { return .success(try begin(buffer, decoder)) } catch { return .failure(error) }
    }
    let (width, height) = try size.get()
    let isTransposed = bytes.withUnsafeBytes { Orientation(jpeg: $0) }.isTransposed
    return isTransposed ? (height, width) : (width, height)
}

private func begin(
    _ bytes: UnsafeBufferPointer<UInt8>, _ decoder: JPEGDecoder
) throws(ImageError) -> (width: Int, height: Int) {
    guard unimo_jpeg_begin(decoder, bytes.baseAddress, bytes.count) == 0 else {
        throw .damaged(.jpeg, reason: String(cString: unimo_jpeg_message(decoder)))
    }
    let size = (width: Int(unimo_jpeg_width(decoder)), height: Int(unimo_jpeg_height(decoder)))
    try requireDecodable(.jpeg, width: size.width, height: size.height)
    return size
}

/// Rows are left out in whole bands of this height, and one band more is decoded before those that are wanted: chroma is
/// interpolated over the edges of bands.
private let band = 32

/// Returns why the image is damaged, or nil.
private func decompress(_ decoder: JPEGDecoder, into picture: PixelBuffer) -> String? {
    let message = { String(cString: unimo_jpeg_message(decoder)) }
    // A progressive file goes over the image again and again; a hostile one does so without end.
    let passes = min(500, max(32, (1 << 32) / (picture.width * picture.height)))
    guard unimo_jpeg_start(decoder, Int32(passes)) == 0 else { return message() }
    let (rows, stride) = (picture.rows, picture.stride)
    let skipped = max(0, rows.lowerBound / band - 1) * band
    guard unimo_jpeg_skip(decoder, Int32(skipped)) == 0 else { return message() }
    // Rows between those left out and those wanted are written where the first wanted one will be.
    for _ in skipped..<rows.lowerBound {
        guard unimo_jpeg_read(decoder, picture.bytes, stride, 1) == 0 else { return message() }
    }
    guard unimo_jpeg_read(decoder, picture.bytes, stride, Int32(rows.count)) == 0 else { return message() }
    if rows.upperBound == picture.height, unimo_jpeg_finish(decoder) != 0 { return message() }
    return unimo_jpeg_is_cut(decoder) == 0 ? nil : message()
}
