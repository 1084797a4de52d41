/// How a file is compressed, recognised by its first bytes.
public enum Compression: String, Sendable, CaseIterable {
    case none, gzip, zstd, bzip2, xz, lz4, lzip

    /// Bytes of a file that are looked at.
    static let magicLength = 6

    init(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if bytes.count >= 4, bytes[0] & 0xF0 == 0x50, bytes[1...3] == [0x2A, 0x4D, 0x18] {
            // A frame to skip, before one that is not.
            self = .zstd
        } else if bytes.starts(with: Array("BZh".utf8)), bytes.count >= 4, (0x31...0x39).contains(bytes[3]) {
            self = .bzip2
        } else if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
            self = .xz
        } else if bytes.starts(with: [0x04, 0x22, 0x4D, 0x18]) {
            self = .lz4
        } else if bytes.starts(with: Array("LZIP".utf8)), bytes.count >= 5, bytes[4] <= 1 {
            self = .lzip
        } else {
            self = .none
        }
    }

    /// Extensions of files that are compressed so, in lower case.
    public var fileExtensions: [String] {
        switch self {
        case .none: []
        case .gzip: ["gz"]
        case .zstd: ["zst", "zstd"]
        case .bzip2: ["bz2"]
        case .xz: ["xz"]
        case .lz4: ["lz4"]
        case .lzip: ["lz"]
        }
    }

    /// The extensions of all of them.
    public static let allFileExtensions = allCases.flatMap(\.fileExtensions)
}
