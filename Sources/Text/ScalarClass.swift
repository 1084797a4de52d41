/// What the pre-tokenizer distinguishes.
///
/// Scalars assigned after Unicode 16 are of class other, so that a newer standard library does not cut text differently
/// from the one that a model was trained with.
enum ScalarClass {
    private static let lastVersion = 16

    static let other: UInt8 = 0
    /// \p{L}
    static let letter: UInt8 = 1
    /// \p{N}
    static let number: UInt8 = 2
    /// White_Space
    static let space: UInt8 = 3

    static func of(_ scalar: Unicode.Scalar) -> UInt8 {
        let properties = scalar.properties
        guard let age = properties.age, age.major <= lastVersion else { return other }
        if properties.isWhitespace { return space }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return letter
        case .decimalNumber, .letterNumber, .otherNumber: return number
        default: return other
        }
    }
}

/// Classes by look-up: the standard library's properties are too slow to ask for every scalar.
final class ScalarClasses: @unchecked Sendable {
    // Safety: written in `init` only.
    private let table: UnsafeMutablePointer<UInt8>
    /// Letters and numbers end with the third ideographic plane.
    private static let limit = 0x40000

    static let shared = ScalarClasses()

    private init() {
        table = .allocate(capacity: Self.limit)
        for value in 0..<Self.limit {
            table[value] = Unicode.Scalar(UInt32(value)).map(ScalarClass.of) ?? ScalarClass.other
        }
    }

    deinit { table.deallocate() }

    @inline(__always) func of(ascii byte: UInt8) -> UInt8 { table[Int(byte)] }

    /// The class and length of the scalar at `bytes`; a byte that is not UTF-8 is of class other and stands alone.
    func decode(_ bytes: UnsafePointer<UInt8>, available: Int) -> (kind: UInt8, length: Int) {
        let lead = bytes[0]
        let length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard length > 0, length <= available else { return (ScalarClass.other, 1) }
        guard length > 1 else { return (table[Int(lead)], 1) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for index in 1..<length {
            guard bytes[index] & 0xC0 == 0x80 else { return (ScalarClass.other, 1) }
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= least, value <= 0x10FFFF, !(0xD800...0xDFFF).contains(value) else {
            return (ScalarClass.other, 1)
        }
        return (value < Self.limit ? table[Int(value)] : ScalarClass.other, length)
    }
}
