/// What the pre-tokenizer distinguishes. The classes are those of Hugging Face's `tokenizers`, scalar by scalar
/// (`runs`), and not those of the standard library, whose Unicode version changes under a trained model.
enum ScalarClass {
    static let other: UInt8 = 0
    /// \p{L}
    static let letter: UInt8 = 1
    /// \p{N}
    static let number: UInt8 = 2
    /// \s
    static let space: UInt8 = 3
    /// Added to one of the above: \w, which added tokens that stand alone have no neighbour of.
    static let inWord: UInt8 = 4

    /// Calls `body` with each run of scalars and its class, in order.
    static func forEachRun(_ body: (_ range: Range<Int>, _ kind: UInt8) -> Void) {
        var (start, length, last) = (0, 0, 0)
        // The last digit of a word is the class, the others are the length.
        func finish() {
            body(start..<start + length, UInt8(last))
            start += length
            (length, last) = (0, 0)
        }
        runs.withUTF8Buffer { text in
            for byte in text {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): (length, last) = (36 * length + last, Int(byte) - 48)
                case UInt8(ascii: "a")...UInt8(ascii: "z"): (length, last) = (36 * length + last, Int(byte) - 87)
                default: finish()
                }
            }
        }
        finish()
        precondition(start == 0x110000, "the table of classes has \(start) scalars, not \(0x110000)")
    }
}

/// Classes by look-up.
final class ScalarClasses: @unchecked Sendable {
    // Safety: written in `init` only.
    private let kinds: UnsafeMutablePointer<UInt8>
    /// One bit per scalar.
    private let words: UnsafeMutablePointer<UInt64>
    /// Letters, numbers and blanks end with the third ideographic plane.
    private static let limit = 0x40000
    private static let wordCount = 0x110000 / 64

    static let shared = ScalarClasses()

    private init() {
        kinds = .allocate(capacity: Self.limit)
        words = .allocate(capacity: Self.wordCount)
        words.initialize(repeating: 0, count: Self.wordCount)
        ScalarClass.forEachRun { [kinds, words] range, kind in
            let low = range.clamped(to: 0..<Self.limit)
            precondition(kind & 3 == ScalarClass.other || low == range, "class \(kind) at \(range)")
            (kinds + low.lowerBound).initialize(repeating: kind & 3, count: low.count)
            guard kind & ScalarClass.inWord != 0 else { return }
            for value in range { words[value >> 6] |= 1 << UInt64(value & 63) }
        }
    }

    deinit {
        kinds.deallocate()
        words.deallocate()
    }

    @inline(__always) func of(ascii byte: UInt8) -> UInt8 { kinds[Int(byte)] }

    /// The class and length of the scalar at `bytes`; a byte that is not UTF-8 is of class other and stands alone.
    @inline(__always)
    func decode(_ bytes: UnsafePointer<UInt8>, available: Int) -> (kind: UInt8, length: Int) {
        guard let (value, length) = Self.scalar(bytes, available: available) else { return (ScalarClass.other, 1) }
        return (value < Self.limit ? kinds[Int(value)] : ScalarClass.other, length)
    }

    /// Whether the scalar at `bytes` is white space, and its length.
    func space(_ bytes: UnsafePointer<UInt8>, available: Int) -> Int? {
        let (kind, length) = decode(bytes, available: available)
        return kind == ScalarClass.space ? length : nil
    }

    /// Whether the scalar at `bytes` belongs to a word.
    func isInWord(_ bytes: UnsafePointer<UInt8>, available: Int) -> Bool {
        guard let (value, _) = Self.scalar(bytes, available: available) else { return false }
        return words[Int(value >> 6)] >> UInt64(value & 63) & 1 == 1
    }

    /// Nil where there is no well-formed scalar.
    @inline(__always)
    private static func scalar(_ bytes: UnsafePointer<UInt8>, available: Int) -> (value: UInt32, length: Int)? {
        let lead = UInt32(bytes[0])
        if lead < 0x80 { return (lead, 1) }
        guard lead >= 0xC2, available > 1, let second = continuation(bytes[1]) else { return nil }
        if lead < 0xE0 { return ((lead & 0x1F) << 6 | second, 2) }
        guard available > 2, let third = continuation(bytes[2]) else { return nil }
        if lead < 0xF0 {
            let value = (lead & 0xF) << 12 | second << 6 | third
            return value >= 0x800 && value & 0xF800 != 0xD800 ? (value, 3) : nil
        }
        guard available > 3, let fourth = continuation(bytes[3]) else { return nil }
        let value = (lead & 0xF) << 18 | second << 12 | third << 6 | fourth
        return value >= 0x10000 && value <= 0x10FFFF ? (value, 4) : nil
    }

    @inline(__always)
    private static func continuation(_ byte: UInt8) -> UInt32? { byte & 0xC0 == 0x80 ? UInt32(byte & 0x3F) : nil }
}
