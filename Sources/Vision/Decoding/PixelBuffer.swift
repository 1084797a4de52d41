import Glibc

/// An image being worked on, in memory that is kept for the next one: rows of four bytes a pixel, red, green, blue and
/// one that means nothing.
final class PixelBuffer {
    private(set) var width = 0
    private(set) var height = 0
    /// The rows that are here; the others were not asked for.
    private(set) var rows = 0..<0
    private var storage: UnsafeMutablePointer<UInt32>?
    private var capacity = 0

    /// Pixels past the last that may be read: four taps are taken at once.
    private static let slack = 4
    /// Memory of more pixels than this is given back after use.
    private static let keptPixels = 1 << 24

    deinit { free(storage) }

    /// Makes room for `rows` of an image; contents are undefined.
    func reserve(width: Int, height: Int, rows: Range<Int>) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= height, "rows \(rows) of \(height)")
        (self.width, self.height, self.rows) = (width, height, rows)
        let needed = width * rows.count + Self.slack
        guard needed > capacity else { return }
        free(storage)
        // Zeros that the system hands out take no memory until they are written: a size that a damaged file announces
        // and does not fill costs nothing.
        storage = calloc(needed, MemoryLayout<UInt32>.stride)?.bindMemory(to: UInt32.self, capacity: needed)
        precondition(storage != nil, "no memory for \(needed) pixels")
        capacity = needed
    }

    /// The first row that is here.
    var pixels: UnsafeMutablePointer<UInt32> {
        guard let storage else { preconditionFailure("an image was not decoded yet") }
        return storage
    }

    /// The same as bytes.
    var bytes: UnsafeMutablePointer<UInt8> { UnsafeMutableRawPointer(pixels).assumingMemoryBound(to: UInt8.self) }

    /// Bytes from a row to the next.
    var stride: Int { 4 * width }

    /// Gives memory back after an unusually large image.
    func trim() {
        guard capacity > Self.keptPixels else { return }
        free(storage)
        (storage, capacity, rows) = (nil, 0, 0..<0)
    }

    /// Fills the buffer from interleaved RGB.
    /// - Parameter rows: those that will be read.
    func fill(from image: DecodedImage, rows: Range<Int>) {
        reserve(width: image.width, height: image.height, rows: rows)
        let pixels = pixels
        image.rgb.withUnsafeBufferPointer { rgb in
            guard let base = rgb.baseAddress else { return }
            widenPixels(base + 3 * image.width * rows.lowerBound, into: pixels, count: image.width * rows.count)
        }
    }

    /// The whole image as interleaved RGB.
    func image() -> DecodedImage {
        precondition(rows == 0..<height, "rows \(rows) of \(height) were decoded")
        let count = width * height
        let rgb = [UInt8](unsafeUninitializedCapacity: 3 * count) { target, initialized in
            if let base = target.baseAddress { narrowPixels(pixels, into: base, count: count) }
            initialized = 3 * count
        }
        return DecodedImage(width: width, height: height, rgb: rgb)
    }
}

/// Three bytes a pixel to four. The source may lie in the target's last three quarters.
func widenPixels(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt32>, count: Int) {
    let raw = UnsafeRawPointer(source)
    for pixel in 0..<max(count - 1, 0) {
        target[pixel] = raw.loadUnaligned(fromByteOffset: 3 * pixel, as: UInt32.self)
    }
    guard count > 0 else { return }
    let last = source + 3 * (count - 1)
    target[count - 1] = UInt32(last[0]) | UInt32(last[1]) << 8 | UInt32(last[2]) << 16
}

/// Four bytes a pixel to three.
func narrowPixels(_ source: UnsafePointer<UInt32>, into target: UnsafeMutablePointer<UInt8>, count: Int) {
    let raw = UnsafeMutableRawPointer(target)
    for pixel in 0..<max(count - 1, 0) {
        raw.storeBytes(of: source[pixel].littleEndian, toByteOffset: 3 * pixel, as: UInt32.self)
    }
    guard count > 0 else { return }
    for channel in 0..<3 {
        target[3 * (count - 1) + channel] = UInt8(truncatingIfNeeded: source[count - 1] >> (8 * UInt32(channel)))
    }
}
