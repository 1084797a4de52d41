/// √x to about 2 ulp for finite x ≥ 0: an estimate of 1/√x from the bits, three Newton steps, times x. (The standard
/// `squareRoot` of a vector works lane by lane.)
@inline(__always) func squareRoot(_ x: Lanes) -> Lanes {
    let bits = SIMD16<UInt32>(repeating: 0x5f37_59df) &- unsafeBitCast(x, to: SIMD16<UInt32>.self) &>> 1
    var y = unsafeBitCast(bits, to: Lanes.self)
    let half = x * Lanes(repeating: -0.5)
    for _ in 0..<3 { y *= Lanes(repeating: 1.5).addingProduct(half * y, y) }
    return x * y
}
