/// Names as file systems, archives and command lines give them: bytes, most often UTF-8.
///
/// In the program a name is a `String`. A byte that belongs to no UTF-8 stands in it as the scalar U+10FF00 + byte, so that
/// the bytes come back exactly; bytes that would be one of these scalars themselves are taken one by one too. No other name
/// is changed, and no two names become one.
public enum ForeignName {
    private static let base: UInt32 = 0x10FF00
    /// Scalars that stand for a byte.
    private static let marks: ClosedRange<UInt32> = 0x10FF80...0x10FFFF
    /// The first byte of all of them in UTF-8, which hardly any other scalar begins with.
    private static let lead: UInt8 = 0xF4

    /// The bytes as text.
    public static func text(_ bytes: some Collection<UInt8>) -> String {
        if !bytes.contains(lead), let text = String(validating: bytes, as: UTF8.self) { return text }
        let bytes = Array(bytes)
        var scalars = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            if let (scalar, length) = scalar(bytes, place), !marks.contains(scalar.value) {
                scalars.append(scalar)
                place += length
            } else {
                if let mark = Unicode.Scalar(base + UInt32(bytes[place])) { scalars.append(mark) }
                place += 1
            }
        }
        return String(scalars)
    }

    /// The bytes that a name stands for.
    public static func bytes(_ text: String) -> [UInt8] {
        guard text.utf8.contains(lead) else { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = byte(scalar) {
                bytes.append(byte)
            } else {
                bytes += UTF8.encode(scalar).map(Array.init) ?? []
            }
        }
        return bytes
    }

    /// The byte that a scalar of a name stands for; nil when it stands for itself.
    public static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        marks.contains(scalar.value) ? UInt8(scalar.value - base) : nil
    }

    /// For people: bytes that are not UTF-8 as `\xE9`.
    public static func shown(_ text: String) -> String {
        guard text.utf8.contains(lead) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let byte = byte(scalar) { shown += "\\x\(hex(byte))".unicodeScalars } else { shown.append(scalar) }
        }
        return String(shown)
    }

    /// Two hexadecimal digits, upper case.
    public static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + digits : digits
    }

    /// The scalar that begins at `place`, and its bytes; nil where the bytes are not UTF-8.
    private static func scalar(_ bytes: [UInt8], _ place: Int) -> (Unicode.Scalar, length: Int)? {
        for length in 1...4 where place + length <= bytes.count {
            if let text = String(validating: bytes[place..<place + length], as: UTF8.self),
                let scalar = text.unicodeScalars.first
            {
                return (scalar, length)
            }
        }
        return nil
    }
}

extension String {
    /// The path for a call of the system: its bytes and a zero. A path with a zero in it names no file, and becomes the
    /// empty path, which doesn't either.
    public var systemPath: [CChar] {
        let bytes = ForeignName.bytes(self)
        return (bytes.contains(0) ? [] : bytes.map { CChar(bitPattern: $0) }) + [0]
    }
}
