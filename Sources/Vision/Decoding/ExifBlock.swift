/// The first directory of a TIFF block, as EXIF is one.
struct ExifBlock {
    private let block: UnsafeRawBufferPointer
    private let isLittle: Bool
    private let directory: Int
    private let entries: Int

    /// Nil when the block is no TIFF.
    init?(_ block: UnsafeRawBufferPointer) {
        guard block.count >= 8 else { return nil }
        self.block = block
        isLittle = block[0] == UInt8(ascii: "I") && block[1] == UInt8(ascii: "I")
        guard isLittle || (block[0] == UInt8(ascii: "M") && block[1] == UInt8(ascii: "M")) else { return nil }
        guard Self.number(block, isLittle, at: 2, bytes: 2) == 42,
            let directory = Self.number(block, isLittle, at: 4, bytes: 4),
            let entries = Self.number(block, isLittle, at: directory, bytes: 2)
        else { return nil }
        self.directory = directory
        self.entries = entries
    }

    /// The first value of the first entry with this tag, whatever integer type it is stored as; nil when there is none.
    func integer(ofTag tag: Int) -> Int? {
        for entry in 0..<entries {
            let offset = directory + 2 + 12 * entry
            guard let found = number(at: offset, bytes: 2) else { return nil }
            if found == tag { return integer(ofEntry: offset) }
        }
        return nil
    }

    /// Values of up to 4 bytes in all lie in the entry, from its left; others where the entry says.
    private func integer(ofEntry offset: Int) -> Int? {
        guard let type = number(at: offset + 2, bytes: 2), let count = number(at: offset + 4, bytes: 4), count > 0,
            let width = Self.width(ofType: type)
        else { return nil }
        guard count > 4 / width else { return number(at: offset + 8, bytes: width) }
        return number(at: offset + 8, bytes: 4).flatMap { number(at: $0, bytes: width) }
    }

    /// Bytes of TIFF's integers: BYTE, SHORT, LONG, and the signed ones, whose values are not negative where they make sense.
    private static func width(ofType type: Int) -> Int? {
        switch type {
        case 1, 6: 1
        case 3, 8: 2
        case 4, 9: 4
        default: nil
        }
    }

    private func number(at offset: Int, bytes: Int) -> Int? {
        Self.number(block, isLittle, at: offset, bytes: bytes)
    }

    private static func number(_ block: UnsafeRawBufferPointer, _ isLittle: Bool, at offset: Int, bytes: Int) -> Int? {
        guard offset >= 0, offset + bytes <= block.count else { return nil }
        let digits = block[offset..<offset + bytes]
        return isLittle
            ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
    }
}
