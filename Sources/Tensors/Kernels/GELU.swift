/// Φ(x) and φ(x), the standard normal's distribution and density.
///
/// Φ by Abramowitz and Stegun 7.1.26 (|error| ≤ 1.5e-7); the exponential is shared by both.
@inline(__always) private func normal(_ x: Lanes) -> (distribution: Lanes, density: Lanes) {
    let z = x * Lanes(repeating: 0.707_106_78)
    let magnitude = unsafeBitCast(
        unsafeBitCast(z, to: SIMD16<UInt32>.self) & SIMD16<UInt32>(repeating: 0x7fff_ffff), to: Lanes.self)
    let t = Lanes(repeating: 1) / Lanes(repeating: 1).addingProduct(Lanes(repeating: 0.327_591_1), magnitude)
    var p = Lanes(repeating: 1.061_405_429)
    p = Lanes(repeating: -1.453_152_027).addingProduct(p, t)
    p = Lanes(repeating: 1.421_413_741).addingProduct(p, t)
    p = Lanes(repeating: -0.284_496_736).addingProduct(p, t)
    p = Lanes(repeating: 0.254_829_592).addingProduct(p, t)
    let gaussian = exponential(-(z * z))
    let tail = p * t * gaussian * Lanes(repeating: 0.5)  // 1 − Φ(|x|)
    let upper = Lanes(repeating: 1) - tail
    return (upper.replacing(with: tail, where: x .< Lanes(repeating: 0)), gaussian * Lanes(repeating: 0.398_942_28))
}

/// y = x · Φ(x), the exact (erf) GELU (Hendrycks and Gimpel 2016), over `count` elements; `x` and `y` may be the same.
public func gelu(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    var i = 0
    while i + 16 <= count {
        let v = Lanes.load(x + i)
        (v * normal(v).distribution).store(y + i)
        i += 16
    }
    if i < count {
        let v = Lanes.load(x + i, first: count - i, other: 0)
        (v * normal(v).distribution).store(y + i, first: count - i)
    }
}

/// dx = dy · (Φ(x) + x·φ(x)) over `count` elements; `dx` may be `dy`.
public func geluGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, count: Int
) {
    @inline(__always) func gradient(_ v: Lanes, _ d: Lanes) -> Lanes {
        let (distribution, density) = normal(v)
        return d * distribution.addingProduct(v, density)
    }
    var i = 0
    while i + 16 <= count {
        gradient(.load(x + i), .load(dy + i)).store(dx + i)
        i += 16
    }
    if i < count {
        let rest = count - i
        gradient(.load(x + i, first: rest, other: 0), .load(dy + i, first: rest, other: 0)).store(dx + i, first: rest)
    }
}
