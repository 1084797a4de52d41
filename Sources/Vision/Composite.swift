/// Composites `count` RGBA pixels over white: c = round((a · c + (255 − a) · 255) / 255).
func compositeOverWhite(
    _ rgba: UnsafePointer<UInt8>, into rgb: UnsafeMutablePointer<UInt8>, count: Int
) {
    for pixel in 0..<count {
        let source = rgba + 4 * pixel
        let target = rgb + 3 * pixel
        let alpha = UInt32(source[3])
        target[0] = UInt8(truncatingIfNeeded: overWhite(UInt32(source[0]), alpha))
        target[1] = UInt8(truncatingIfNeeded: overWhite(UInt32(source[1]), alpha))
        target[2] = UInt8(truncatingIfNeeded: overWhite(UInt32(source[2]), alpha))
    }
}

@inline(__always) private func overWhite(_ channel: UInt32, _ alpha: UInt32) -> UInt32 {
    255 &- roundedDivisionBy255((255 &- channel) &* alpha)
}

/// round(value / 255) for value ≤ 255², without dividing.
@inline(__always) func roundedDivisionBy255(_ value: UInt32) -> UInt32 {
    let shifted = value &+ 128
    return (shifted &+ (shifted >> 8)) >> 8
}
