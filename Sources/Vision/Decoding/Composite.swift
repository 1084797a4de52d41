/// Composites `count` RGBA pixels over white, in place: c = round((a · c + (255 − a) · 255) / 255).
func compositeOverWhite(_ pixels: UnsafeMutablePointer<UInt32>, count: Int) {
    let raw = UnsafeMutableRawPointer(pixels)
    let whole = count & ~15
    for pixel in stride(from: 0, to: whole, by: 16) {
        let words = raw.loadUnaligned(fromByteOffset: 4 * pixel, as: SIMD16<UInt32>.self)
        raw.storeBytes(of: overWhite(words), toByteOffset: 4 * pixel, as: SIMD16<UInt32>.self)
    }
    for pixel in whole..<count { pixels[pixel] = overWhite(SIMD16(repeating: pixels[pixel]))[0] }
}

/// Turns `count` pixels of four stored inks (255 is none of it, as Adobe stores them) into RGB, in place:
/// c = round(ink · black / 255).
func paperFromInks(_ pixels: UnsafeMutablePointer<UInt32>, count: Int) {
    for pixel in 0..<count {
        let inks = pixels[pixel]
        let black = inks >> 24
        var colour: UInt32 = 0
        for shift in [UInt32(0), 8, 16] {
            colour |= roundedDivisionBy255((inks >> shift & 255) &* black) << shift
        }
        pixels[pixel] = colour
    }
}

@inline(__always) private func overWhite(_ words: SIMD16<UInt32>) -> SIMD16<UInt32> {
    let alpha = words &>> 24
    return darkened(words, alpha, 0) | darkened(words, alpha, 8) | darkened(words, alpha, 16)
}

/// One channel, taken down from white by what the pixel covers.
@inline(__always) private func darkened(
    _ words: SIMD16<UInt32>, _ alpha: SIMD16<UInt32>, _ shift: UInt32
) -> SIMD16<UInt32> {
    let full = SIMD16<UInt32>(repeating: 255)
    let missing = (full &- ((words &>> SIMD16(repeating: shift)) & full)) &* alpha &+ 128
    let cover = (missing &+ (missing &>> 8)) &>> 8
    return (full &- cover) &<< SIMD16(repeating: shift)
}

/// round(value / 255) for value ≤ 255², without dividing.
@inline(__always) private func roundedDivisionBy255(_ value: UInt32) -> UInt32 {
    let shifted = value &+ 128
    return (shifted &+ (shifted >> 8)) >> 8
}
