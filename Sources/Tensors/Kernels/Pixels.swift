/// The patches of one image as rows: bytes `(size, size, 3)` → `(P, 3·p·p)` with the order (channel, y, x) in a row and
/// value (byte/255 − 0.5)/0.5 (UNIMO-2 `image_utils.py`).
public func patches(_ pixels: UnsafePointer<UInt8>, size: Int, patch: Int, into rows: UnsafeMutablePointer<Float>) {
    let side = size / patch
    let width = 3 * patch * patch
    for patchRow in 0..<side {
        for patchColumn in 0..<side {
            let row = rows + (patchRow * side + patchColumn) * width
            for y in 0..<patch {
                let line = pixels + 3 * ((patchRow * patch + y) * size + patchColumn * patch)
                separateChannels(line, count: patch, into: row + y * patch, apart: patch * patch)
            }
        }
    }
}

/// The channels of `count` pixels, as values between −1 and 1, each `apart` from the one before.
@inline(__always) private func separateChannels(
    _ line: UnsafePointer<UInt8>, count: Int, into target: UnsafeMutablePointer<Float>, apart: Int
) {
    let whole = count & ~15
    for x in stride(from: 0, to: whole, by: 16) {
        let pixels = UnsafeRawPointer(line + 3 * x)
        let low = pixels.loadUnaligned(as: SIMD32<UInt8>.self)
        let high = pixels.loadUnaligned(fromByteOffset: 32, as: SIMD16<UInt8>.self)
        for channel in 0..<3 {
            var bytes = SIMD16<UInt8>()
            for lane in 0..<16 {
                let place = 3 * lane + channel
                bytes[lane] = place < 32 ? low[place] : high[place - 32]
            }
            UnsafeMutableRawPointer(target + channel * apart + x).storeBytes(of: values(bytes), as: SIMD16<Float>.self)
        }
    }
    for channel in 0..<3 {
        for x in whole..<count { target[channel * apart + x] = Float(line[3 * x + channel]) * (2 / 255) - 1 }
    }
}

/// Bytes become the low bits of floats of 2²³ and more, where they are whole numbers.
@inline(__always) private func values(_ bytes: SIMD16<UInt8>) -> SIMD16<Float> {
    let wholes = SIMD16<Int32>(truncatingIfNeeded: bytes) | SIMD16(repeating: 0x4B00_0000)
    return (unsafeBitCast(wholes, to: SIMD16<Float>.self) - 8_388_608) * (2 / 255) - 1
}
