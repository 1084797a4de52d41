/// How stored pixels are to be turned, as EXIF's tag 0x0112 says.
struct Orientation: Equatable {
    /// Columns become rows.
    var isTransposed = false
    /// After transposing, columns run from right to left.
    var isMirrored = false
    /// After transposing, rows run from bottom to top.
    var isUpsideDown = false

    static let upright = Orientation()

    private init() {}

    /// - Parameter tag: the value of the EXIF tag, 1…8; anything else is upright.
    init(tag: Int) {
        isTransposed = tag >= 5 && tag <= 8
        isMirrored = [2, 3, 6, 7].contains(tag)
        isUpsideDown = [3, 4, 7, 8].contains(tag)
    }

    /// Reads the first directory of a TIFF block; unreadable blocks are upright.
    init(exif block: UnsafeRawBufferPointer) {
        self = .upright
        if let value = ExifBlock(block)?.integer(ofTag: 0x0112) { self = Orientation(tag: value) }
    }

    /// Looks for the EXIF block among a JPEG's segments before the pixels.
    init(jpeg bytes: UnsafeRawBufferPointer) {
        self = .upright
        var offset = 2
        while offset + 4 <= bytes.count, bytes[offset] == 0xFF {
            let marker = bytes[offset + 1]
            if marker == 0xFF {
                offset += 1
                continue
            }
            guard marker != 0xDA, marker != 0xD9 else { return }
            let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            guard length >= 2, offset + 2 + length <= bytes.count else { return }
            let segment = bytes[(offset + 4)..<(offset + 2 + length)]
            if marker == 0xE1, segment.starts(with: Array("Exif\0\0".utf8)) {
                self = Orientation(exif: UnsafeRawBufferPointer(rebasing: segment.dropFirst(6)))
                return
            }
            offset += 2 + length
        }
    }

    /// Looks for the EXIF chunk of a WebP container.
    init(webp bytes: UnsafeRawBufferPointer) {
        self = .upright
        var offset = 12
        while offset + 8 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 4 + $1]) << (8 * $1) }
            guard offset + 8 + length <= bytes.count else { return }
            if bytes[offset..<offset + 4].elementsEqual("EXIF".utf8) {
                var block = bytes[(offset + 8)..<(offset + 8 + length)]
                if block.starts(with: Array("Exif\0\0".utf8)) { block = block.dropFirst(6) }
                self = Orientation(exif: UnsafeRawBufferPointer(rebasing: block))
                return
            }
            offset += 8 + length + length % 2
        }
    }
}

extension Orientation {
    /// Writes the stored `source` as it is meant to be seen.
    func turn(_ source: PixelBuffer, into target: PixelBuffer) {
        let (width, height) = (source.width, source.height)
        let turned = isTransposed ? (width: height, height: width) : (width: width, height: height)
        target.reserve(width: turned.width, height: turned.height, rows: 0..<turned.height)
        let (from, to) = (source.pixels, target.pixels)
        for y in 0..<turned.height {
            let row = isUpsideDown ? turned.height - 1 - y : y
            let out = to + y * turned.width
            // Where the row's first pixel is stored, and how far the next one is from it.
            let step = isTransposed ? width : 1
            let start = (isTransposed ? row : row * width) + (isMirrored ? (turned.width - 1) * step : 0)
            let signed = isMirrored ? -step : step
            for x in 0..<turned.width { out[x] = from[start + x * signed] }
        }
    }
}
