import CImage
import Glibc

/// What one thread needs to decode image after image without asking for memory each time.
final class ImageScratch {
    /// Which rows of an upright image of this size will be looked at.
    typealias RowChoice = (_ width: Int, _ height: Int) -> Range<Int>

    /// The image decoded last.
    private(set) var picture = PixelBuffer()
    /// Where images are turned, and pixels wait between the passes of a resize.
    private var spare = PixelBuffer()
    private(set) var middle = PixelBuffer()
    private var decoder: UnsafeMutablePointer<unimo_jpeg_decoder>?

    deinit { if let decoder { unimo_jpeg_close(decoder) } }

    /// The calling thread's own.
    static var ofThread: ImageScratch {
        if let kept = pthread_getspecific(key) { return Unmanaged.fromOpaque(kept).takeUnretainedValue() }
        let scratch = ImageScratch()
        pthread_setspecific(key, Unmanaged.passRetained(scratch).toOpaque())
        return scratch
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { kept in
            if let kept { Unmanaged<ImageScratch>.fromOpaque(kept).release() }
        }
        precondition(status == 0, "no thread-specific storage: \(String(cString: strerror(status)))")
        return key
    }()

    /// Decodes an image into `picture`, upright, over white.
    /// - Parameter rows: what is looked at; other rows may be left out.
    func decode(_ bytes: [UInt8], rows: RowChoice = { 0..<$1 }) throws(ImageError) {
        let orientation: Orientation
        switch try ImageFormat(magicOf: bytes) {
        case .png: orientation = try decodePNG(bytes, into: picture)
        case .webp: orientation = try decodeWebP(bytes, into: picture)
        case .jpeg:
            orientation = bytes.withUnsafeBytes { Orientation(jpeg: $0) }
            let isUpright = orientation == .upright
            try decodeJPEG(bytes, with: jpegDecoder(), into: picture) { isUpright ? rows($0, $1) : 0..<$1 }
            if isUpright { return }
        }
        turn(orientation)
        _ = rows(picture.width, picture.height)
    }

    /// The size of an encoded image, upright, from its header.
    func size(_ bytes: [UInt8], _ format: ImageFormat) throws(ImageError) -> (width: Int, height: Int) {
        switch format {
        case .png: try sizeOfPNG(bytes)
        case .webp: try sizeOfWebP(bytes)
        case .jpeg: try sizeOfJPEG(bytes, with: jpegDecoder())
        }
    }

    /// Room between the passes of a resize: `count` pixels' worth of bytes.
    func middle(pixels count: Int) -> UnsafeMutablePointer<UInt8> {
        middle.reserve(width: count, height: 1, rows: 0..<1)
        return middle.bytes
    }

    /// Gives memory back after an unusually large image.
    func trim() {
        picture.trim()
        spare.trim()
        middle.trim()
    }

    private func jpegDecoder() throws(ImageError) -> UnsafeMutablePointer<unimo_jpeg_decoder> {
        if let decoder { return decoder }
        guard let opened = unimo_jpeg_open() else { throw .damaged(.jpeg, reason: "no memory for a decoder") }
        decoder = opened
        return opened
    }

    private func turn(_ orientation: Orientation) {
        guard orientation != .upright else { return }
        orientation.turn(picture, into: spare)
        swap(&picture, &spare)
    }
}
