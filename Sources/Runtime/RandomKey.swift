/// What a random number is drawn for. Two purposes never share a number.
public struct Purpose: Sendable, Equatable {
    public let rawValue: UInt16
    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public static let initialization = Purpose(1)
    public static let order = Purpose(2)
    public static let masking = Purpose(3)
    public static let scenes = Purpose(4)
    public static let test = Purpose(5)
    public static let replacement = Purpose(6)
    public static let pool = Purpose(7)
    /// Which of several captions of an image is read.
    public static let caption = Purpose(8)
    /// Which sample lends its caption to another.
    public static let mismatch = Purpose(9)
    /// Which of a pair's related samples it is compared with.
    public static let related = Purpose(10)
    /// What replaces a part of a caption.
    public static let rewriting = Purpose(11)
    /// Where the search for clusters begins.
    public static let clusters = Purpose(12)
    /// The augmentation of the `view`-th image of a sample.
    public static func augmentation(view: Int) -> Purpose { Purpose(64 + UInt16(view)) }
    /// The order of the frames of the `stream`-th corpus of a mixture, and of the samples in each.
    public static func frames(stream: Int) -> Purpose { Purpose(0x8000 + UInt16(stream)) }
    /// The `site`-th dropout of a model: every layer has sites of its own.
    public static func dropout(site: Int) -> Purpose { Purpose(1024 + UInt16(site)) }
}

/// The coordinates of a random number: no state, so that it survives recomputation, resuming and any slicing over ranks.
///
/// The counter-based generator is Philox4x32-10 (Salmon et al. 2011): key = seed; counter = (element / 4, position,
/// batch, pass and purpose).
public struct RandomKey: Sendable, Equatable {
    public var seed: UInt64
    /// Number of the global batch.
    public var batch: UInt64
    /// Position of the sample in the global batch.
    public var position: UInt32
    /// Which encoding of the sample, where an objective encodes it more than once.
    public var pass: UInt8
    public var purpose: Purpose

    public init(seed: UInt64, batch: Int = 0, position: Int = 0, pass: Int = 0, purpose: Purpose) {
        self.seed = seed
        self.batch = UInt64(batch)
        self.position = UInt32(position)
        self.pass = UInt8(pass)
        self.purpose = purpose
    }

    /// The same coordinates for another purpose.
    public func with(purpose: Purpose) -> RandomKey {
        var key = self
        key.purpose = purpose
        return key
    }

    /// Words 1, 2 and 3 of the Philox counter; word 0 counts blocks of four elements.
    @inlinable public var counterTail: SIMD4<UInt32> {
        SIMD4(
            0, position, UInt32(truncatingIfNeeded: batch),
            UInt32(truncatingIfNeeded: batch >> 32) << 24 | UInt32(pass) << 16 | UInt32(purpose.rawValue))
    }

    /// Elements `4 · block ..< 4 · block + 4`.
    @inlinable public func block(_ block: UInt32) -> SIMD4<UInt32> {
        var counter = counterTail
        counter.x = block
        return philox4x32(counter, key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }

    /// The elements one after another, as a standard generator.
    public var stream: RandomStream { RandomStream(key: self) }
}

/// Ten rounds of Philox4x32.
@inlinable public func philox4x32(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
        let p0 = UInt64(0xD251_1F53) &* UInt64(c0)
        let p1 = UInt64(0xCD9E_8D57) &* UInt64(c2)
        (c0, c1, c2, c3) = (
            UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
            UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
        )
        k0 &+= 0x9E37_79B9
        k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
}

/// The elements of a `RandomKey` in order.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private let key: RandomKey
    private var nextBlock: UInt32 = 0
    private var words = SIMD4<UInt32>()
    private var used = 4

    init(key: RandomKey) { self.key = key }

    public mutating func nextWord() -> UInt32 {
        if used == 4 {
            words = key.block(nextBlock)
            nextBlock += 1
            used = 0
        }
        defer { used += 1 }
        return words[used]
    }

    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord())
        return UInt64(nextWord()) << 32 | low
    }

    /// Uniform in [0, 1), 24 bits.
    public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// Uniform in `0 ..< bound`, by multiplication (bias below bound / 2³²).
    public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0 && bound <= Int(UInt32.max), "integer(below:) needs 0 < bound < 2^32, got \(bound)")
        return Int((UInt64(nextWord()) &* UInt64(bound)) >> 32)
    }
}
