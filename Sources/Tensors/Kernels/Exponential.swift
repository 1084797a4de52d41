/// The vector every kernel works in: 16 floats, one AVX-512 register.
typealias Lanes = SIMD16<Float>

extension SIMD16<Float> {
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>) -> SIMD16<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD16<Float>.self)
    }

    @inline(__always) func store(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: SIMD16<Float>.self)
    }

    /// The first `count` floats at `pointer`, the other lanes `other`.
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>, first count: Int, other: Float) -> SIMD16<Float>
    {
        var lanes = SIMD16<Float>(repeating: other)
        for lane in 0..<count { lanes[lane] = pointer[lane] }
        return lanes
    }

    @inline(__always) func store(_ pointer: UnsafeMutablePointer<Float>, first count: Int) {
        for lane in 0..<count { pointer[lane] = self[lane] }
    }

    /// Sum of the lanes, in a fixed order.
    @inline(__always) var total: Float {
        let eight = lowHalf + highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }
}

/// eˣ to about 2 ulp for x in [−87, 88], clamped outside, NaN for NaN: 2ⁿ · P(r) with r = x − n·ln 2, rounding by a magic
/// number. (The standard `clamped`, `pointwiseMax` and `.rounded()` work lane by lane.)
@inline(__always) func exponential(_ x: Lanes) -> Lanes {
    let (lowest, highest) = (Lanes(repeating: -87), Lanes(repeating: 88))
    let clamped = x.replacing(with: lowest, where: x .< lowest).replacing(with: highest, where: x .> highest)
    let magic = Lanes(repeating: 12_582_912)  // 1.5 · 2²³: adding it rounds to an integer in the low bits
    let shifted = magic.addingProduct(clamped, Lanes(repeating: 1.442_695_04))
    let n = shifted - magic
    var r = clamped.addingProduct(n, Lanes(repeating: -0.693_359_375))
    r = r.addingProduct(n, Lanes(repeating: 2.121_944_4e-4))
    var p = Lanes(repeating: 1.987_569_15e-4)
    p = Lanes(repeating: 1.398_199_95e-3).addingProduct(p, r)
    p = Lanes(repeating: 8.333_451_9e-3).addingProduct(p, r)
    p = Lanes(repeating: 4.166_579_6e-2).addingProduct(p, r)
    p = Lanes(repeating: 1.666_666_55e-1).addingProduct(p, r)
    p = Lanes(repeating: 0.5).addingProduct(p, r)
    p = (Lanes(repeating: 1) + r).addingProduct(p, r * r)
    let bits = unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23
    let y = unsafeBitCast(unsafeBitCast(p, to: SIMD16<UInt32>.self) &+ bits, to: Lanes.self)
    return y.replacing(with: x, where: x .!= x)
}
