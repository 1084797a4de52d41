/// The printable character that stands for each byte in `vocab.json` and `merges.txt` (GPT-2's table).
///
/// Bytes that are visible in Latin-1 stand for themselves; the other 68, in ascending order, are U+0100, U+0101, ….
enum ByteAlphabet {
    /// `(256)`: the scalar of each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            if isVisible(byte) { return Unicode.Scalar(UInt8(byte)) }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()

    /// 256 bytes, 68 of which need another scalar.
    private static let scalarLimit: UInt32 = 0x100 + 68
    /// `(scalarLimit)`: the byte of each scalar, or −1.
    private static let places: [Int16] = {
        var places = [Int16](repeating: -1, count: Int(scalarLimit))
        for (byte, scalar) in scalars.enumerated() { places[Int(scalar.value)] = Int16(byte) }
        return places
    }()

    /// The bytes in the order of their scalars, which is the order of their ids in a trained vocabulary.
    static let bytesByScalar: [UInt8] = (0..<256).map { UInt8($0) }.sorted { scalars[Int($0)] < scalars[Int($1)] }

    private static func isVisible(_ byte: Int) -> Bool {
        (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
    }

    static func text(of bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalars[Int(byte)]) }
        return String(text)
    }

    /// Nil when a character of the name, which is UTF-8, stands for no byte.
    static func bytes(of name: some Collection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(name.count)
        var rest = name.makeIterator()
        while let first = rest.next() {
            // The alphabet ends before U+0800: one byte or two.
            var value = UInt32(first)
            if first >= 0x80 {
                guard first & 0xE0 == 0xC0, let second = rest.next() else { return nil }
                value = UInt32(first & 0x1F) << 6 | UInt32(second & 0x3F)
            }
            guard value < scalarLimit, places[Int(value)] >= 0 else { return nil }
            result.append(UInt8(places[Int(value)]))
        }
        return result
    }
}
