import Runtime

/// Walks over the members of an archive held in memory.
public struct TarReader {
    public struct Member: Sendable, Equatable {
        public var name: String
        /// Offset of the member's header from the start of the archive.
        public var offset: UInt64
        /// Where the contents lie in the bytes given to the reader.
        public var contents: Range<Int>
    }

    private let path: String
    private let base: UInt64
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// - Parameters:
    ///   - bytes: a part of an archive that starts at byte `base` of it.
    ///   - range: the bytes to walk over; starts at a header.
    ///   - path: for messages.
    public init(_ bytes: [UInt8], range: Range<Int>? = nil, base: UInt64 = 0, path: String) {
        self.bytes = bytes
        self.base = base
        self.path = path
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
        precondition(position >= 0 && end <= bytes.count, "range \(position)..<\(end) of \(bytes.count) bytes")
    }

    /// The next regular file; nil at the end of the range or at the zero blocks that end an archive.
    public mutating func next() throws(StorageError) -> Member? {
        guard position < end else { return nil }
        guard end - position >= Tar.blockSize else {
            throw damaged("a header of \(Tar.blockSize) bytes", "\(end - position) bytes")
        }
        let block = bytes[position..<position + Tar.blockSize]
        if block.allSatisfy({ $0 == 0 }) {
            guard bytes[position..<end].allSatisfy({ $0 == 0 }) else {
                throw damaged("nothing after the end of the archive", "more bytes")
            }
            position = end
            return nil
        }
        try checkHeader(Array(block))
        let size = try octal(124, digits: 12, "a size")
        let start = position + Tar.blockSize
        guard size <= Tar.memberLimit, size + Tar.padding(size) <= end - start else {
            throw damaged("a member within \(end - start) bytes", "one of \(size)")
        }
        let member = Member(name: try name(), offset: base + UInt64(position), contents: start..<start + size)
        position = start + size + Tar.padding(size)
        return member
    }

    private func checkHeader(_ block: [UInt8]) throws(StorageError) {
        let expected = try octal(148, digits: 8, "a checksum")
        let blanks = 8 * 32
        let found = block.enumerated().reduce(blanks) {
            (148..<156).contains($1.offset) ? $0 : $0 + Int($1.element)
        }
        guard found == expected else { throw damaged("a header whose sum is \(expected)", "\(found)") }
        guard Array(block[257..<262]) == Array("ustar".utf8) else { throw damaged("a `ustar` header", "another kind") }
        guard block[156] == UInt8(ascii: "0") || block[156] == 0 else {
            throw damaged("a regular file", "an entry of type \(block[156])")
        }
    }

    private func name() throws(StorageError) -> String {
        func field(_ offset: Int, _ size: Int) -> ArraySlice<UInt8> {
            bytes[position + offset..<position + offset + size].prefix { $0 != 0 }
        }
        let prefix = field(345, 155)
        let full = prefix.isEmpty ? Array(field(0, 100)) : Array(prefix) + [UInt8(ascii: "/")] + Array(field(0, 100))
        guard !full.isEmpty, let name = String(validating: full, as: UTF8.self) else {
            throw damaged("a name in UTF-8", "\(full.count) other bytes")
        }
        return name
    }

    private func octal(_ offset: Int, digits: Int, _ what: String) throws(StorageError) -> Int {
        // Blanks or zeros may stand before and after the digits, nothing else.
        let isFill = { (byte: UInt8) in byte == 0 || byte == 32 }
        let field = bytes[position + offset..<position + offset + digits].drop(while: isFill)
        let number = field.prefix { !isFill($0) }
        guard !number.isEmpty, field.dropFirst(number.count).allSatisfy(isFill) else {
            throw damaged("\(what) in octal digits", "blanks")
        }
        var value = 0
        for byte in number {
            guard (48...55).contains(byte) else { throw damaged("\(what) in octal digits", "byte \(byte)") }
            value = value << 3 | Int(byte - 48)
        }
        return value
    }

    private func damaged(_ expected: String, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: path, offset: base + UInt64(position), expected: expected, found: found,
                remedy: "the archive is damaged: copy or make it again"))
    }
}
