import Runtime

/// The seek table at the end of a seekable zstd file (format 0.1.0): a skippable frame that lists, for each frame, its
/// compressed and its decompressed size, little-endian, followed by the footer: number of frames (4 bytes),
/// descriptor (1 byte; bit 7 = each entry ends with a 4-byte checksum), magic number (4 bytes).
public struct SeekTable: Sendable, Equatable {
    private static let skippableMagic: UInt32 = 0x184D_2A5E
    private static let footerMagic: UInt32 = 0x8F92_EAB1
    private static let footerSize = 9
    /// Frames in one file at most, by the format.
    public static let frameLimit = 0x800_0000

    /// Bytes of each frame in the file and after decompression.
    public private(set) var sizes: [(size: Int, rawSize: Int)]

    public static func == (left: SeekTable, right: SeekTable) -> Bool {
        left.sizes.elementsEqual(right.sizes) { $0 == $1 }
    }

    public init(_ sizes: [(size: Int, rawSize: Int)]) {
        precondition(sizes.count < Self.frameLimit, "\(sizes.count) frames, at most \(Self.frameLimit) fit")
        self.sizes = sizes
    }

    /// The table as it lies in the file; no checksums, because each frame carries its own.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: Int) { withUnsafeBytes(of: UInt32(value).littleEndian) { bytes += $0 } }
        append(Int(Self.skippableMagic))
        append(8 * sizes.count + Self.footerSize)
        for (size, rawSize) in sizes {
            append(size)
            append(rawSize)
        }
        append(sizes.count)
        bytes.append(0)
        append(Int(Self.footerMagic))
        return bytes
    }

    /// Reads the table of a file and checks that its frames fill the file up to it.
    public init(of file: InputFile) throws(StorageError) {
        func damaged(_ offset: UInt64, _ expected: String, _ found: String) -> StorageError {
            .damaged(
                FileFault(
                    path: file.path, offset: offset, expected: expected, found: found,
                    remedy: "the file is truncated or is no seekable zstd file: copy or make it again"))
        }
        let least = 8 + Self.footerSize
        guard file.size >= UInt64(least) else {
            throw damaged(0, "at least \(least) bytes", "\(file.size)")
        }
        let footerOffset = file.size - UInt64(Self.footerSize)
        let footer = try file.read(at: footerOffset, count: Self.footerSize)
        guard Self.word(footer, 5) == Self.footerMagic else {
            throw damaged(footerOffset, "the seek table's footer", "other bytes")
        }
        let count = Int(Self.word(footer, 0))
        let entrySize = footer[4] & 0x80 != 0 ? 12 : 8
        let content = entrySize * count + Self.footerSize
        guard count < Self.frameLimit, UInt64(content + 8) <= file.size else {
            throw damaged(footerOffset, "a table that fits into the file", "\(count) frames")
        }
        let start = file.size - UInt64(content + 8)
        let table = try file.read(at: start, count: content + 8)
        guard Self.word(table, 0) == Self.skippableMagic, Self.word(table, 4) == UInt32(content) else {
            throw damaged(start, "a skippable frame of \(content) bytes", "other bytes")
        }
        sizes = (0..<count).map { frame in
            (Int(Self.word(table, 8 + entrySize * frame)), Int(Self.word(table, 12 + entrySize * frame)))
        }
        let filled = sizes.reduce(UInt64(0)) { $0 + UInt64($1.size) }
        guard filled == start else {
            throw damaged(start, "frames of \(start) bytes in all", "\(filled) in the table")
        }
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }
}
