public import Runtime

/// A dropout site (Srivastava et al. 2014), bound to the coordinates of a batch: the mask is never stored, backward draws it
/// again from the same counters.
public struct Dropout: Sendable {
    /// Probability that an element is dropped, in steps of 2⁻¹⁶.
    public let rate: Float
    let threshold: UInt16
    /// 1 / (1 − rate), exactly for the rate as rounded.
    let scale: Float

    public init(rate: Float) {
        precondition(rate >= 0 && rate < 1, "a dropout rate is in [0, 1), got \(rate)")
        threshold = UInt16(rate * 65536)
        self.rate = Float(threshold) / 65536
        scale = 65536 / Float(65536 - Int(threshold))
    }

    public var isActive: Bool { threshold > 0 }
}

/// y = mask · x / (1 − rate) over `count` elements, the first being element `first` of the sample that `key` names.
/// `first` is a multiple of 8. `y` may be `x`.
public func dropout(
    _ x: UnsafePointer<Float>, _ dropout: Dropout, key: RandomKey, first: Int, into y: UnsafeMutablePointer<Float>,
    count: Int
) {
    precondition(first & 7 == 0, "a dropout row starts at a multiple of 8 elements, got \(first)")
    let generator = PhiloxLanes(key)
    let threshold = SIMD16<UInt32>(repeating: UInt32(dropout.threshold))
    let scale = Lanes(repeating: dropout.scale)
    var block = UInt32(first / 8)
    var i = 0
    while i < count {
        // 8 counters give 8 × 4 words: 32 low halves and 32 high halves, that is 64 elements.
        let words = generator.blocks(from: block)
        for w in 0..<2 {
            let word = w == 0 ? words.0 : words.1
            let low = word & SIMD16(repeating: 0xffff)
            let high = word &>> 16
            apply(low, at: i + 32 * w)
            apply(high, at: i + 32 * w + 16)
        }
        block &+= 8
        i += 64
    }

    @inline(__always) func apply(_ draws: SIMD16<UInt32>, at start: Int) {
        if start + 16 <= count {
            let kept = (Lanes.load(x + start) * scale).replacing(with: 0, where: draws .< threshold)
            kept.store(y + start)
        } else if start < count {
            let rest = count - start
            let kept = (Lanes.load(x + start, first: rest, other: 0) * scale)
                .replacing(with: 0, where: draws .< threshold)
            kept.store(y + start, first: rest)
        }
    }
}

/// Philox4x32-10 on eight counters at once.
struct PhiloxLanes {
    private let tail: SIMD4<UInt32>
    private let key: SIMD2<UInt32>

    init(_ key: RandomKey) {
        tail = key.counterTail
        self.key = SIMD2(UInt32(truncatingIfNeeded: key.seed), UInt32(truncatingIfNeeded: key.seed >> 32))
    }

    /// Words 0 and 1, and words 2 and 3, of the eight blocks from `block` on.
    @inline(__always) func blocks(from block: UInt32) -> (SIMD16<UInt32>, SIMD16<UInt32>) {
        let mask = SIMD8<UInt64>(repeating: 0xffff_ffff)
        var c0 = (SIMD8<UInt64>(0, 1, 2, 3, 4, 5, 6, 7) &+ SIMD8(repeating: UInt64(block))) & mask
        var c1 = SIMD8<UInt64>(repeating: UInt64(tail.y))
        var c2 = SIMD8<UInt64>(repeating: UInt64(tail.z))
        var c3 = SIMD8<UInt64>(repeating: UInt64(tail.w))
        var k0 = key.x
        var k1 = key.y
        for _ in 0..<10 {
            let p0 = c0 &* SIMD8(repeating: 0xD251_1F53)
            let p1 = c2 &* SIMD8(repeating: 0xCD9E_8D57)
            c0 = (p1 &>> 32) ^ c1 ^ SIMD8(repeating: UInt64(k0))
            c1 = p1 & mask
            c2 = (p0 &>> 32) ^ c3 ^ SIMD8(repeating: UInt64(k1))
            c3 = p0 & mask
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (
            unsafeBitCast(c0 | c1 &<< 32, to: SIMD16<UInt32>.self),
            unsafeBitCast(c2 | c3 &<< 32, to: SIMD16<UInt32>.self)
        )
    }
}
