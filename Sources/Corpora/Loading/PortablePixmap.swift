import Vision

/// Binary portable pixmaps (`P6`, netpbm) of 8 bits per channel: images that need no codec.
enum PortablePixmap {
    static let memberName = "ppm"
    private static let blanks: Set<UInt8> = [9, 10, 11, 12, 13, 32]

    static func encode(_ image: DecodedImage) -> [UInt8] {
        Array("P6\n\(image.width) \(image.height)\n255\n".utf8) + image.rgb
    }

    /// - Throws: `UnusableSample` for anything but a complete pixmap without comments.
    static func decode(_ bytes: [UInt8]) throws(UnusableSample) -> DecodedImage {
        guard bytes.starts(with: Array("P6".utf8)) else {
            throw UnusableSample(reason: "pixmap: expected P6 at byte 0")
        }
        var offset = 2
        let width = try number(bytes, &offset, "width")
        let height = try number(bytes, &offset, "height")
        let maximum = try number(bytes, &offset, "maximum")
        offset += 1
        guard maximum == 255 else { throw UnusableSample(reason: "pixmap: expected maximum 255, found \(maximum)") }
        guard width > 0, height > 0, width <= maximumPixels / height else {
            throw UnusableSample(reason: "pixmap: \(width) × \(height) pixels are not within 1 to \(maximumPixels)")
        }
        let found = bytes.count - offset
        guard found == 3 * width * height else {
            throw UnusableSample(reason: "pixmap: expected \(3 * width * height) bytes of pixels, found \(found)")
        }
        return DecodedImage(width: width, height: height, rgb: Array(bytes[offset...]))
    }

    /// A decimal number of at most nine digits after blanks.
    private static func number(
        _ bytes: [UInt8], _ offset: inout Int, _ what: String
    ) throws(UnusableSample) -> Int {
        while offset < bytes.count, blanks.contains(bytes[offset]) { offset += 1 }
        let start = offset
        var value = 0
        while offset < bytes.count, (48...57).contains(bytes[offset]), offset - start < 9 {
            value = 10 * value + Int(bytes[offset] - 48)
            offset += 1
        }
        guard offset > start, offset < bytes.count, blanks.contains(bytes[offset]) else {
            throw UnusableSample(reason: "pixmap: no \(what) at byte \(start)")
        }
        return value
    }
}
