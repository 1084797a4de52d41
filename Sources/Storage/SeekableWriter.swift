/// Where a frame lies in its file and how much it holds.
public struct FrameEntry: Sendable, Equatable, Codable {
    /// Byte offset of the frame in the file.
    public var offset: UInt64
    /// Bytes in the file.
    public var size: Int
    /// Bytes after decompression.
    public var rawSize: Int
    /// SHA-256 of the frame's bytes in the file.
    public var sha256: String

    public init(offset: UInt64, size: Int, rawSize: Int, sha256: String) {
        self.offset = offset
        self.size = size
        self.rawSize = rawSize
        self.sha256 = sha256
    }
}

/// A frame on its way to a file.
public struct CompressedFrame: Sendable {
    public let bytes: [UInt8]
    public let rawSize: Int
    public let sha256: String

    public init(_ raw: [UInt8], compressor: FrameCompressor) {
        bytes = compressor.compress(raw)
        rawSize = raw.count
        sha256 = SHA256.hex(of: bytes)
    }
}

/// Writes frames one after another and, at the end, the table by which they are found: a file in the zstd seekable
/// format, which any zstd reader decompresses as a whole.
public final class SeekableWriter {
    private let file: OutputFile
    public private(set) var frames: [FrameEntry] = []

    public init(file: OutputFile) { self.file = file }

    /// Bytes in the file so far.
    public var size: UInt64 { file.size }

    public func append(_ frame: CompressedFrame) throws {
        frames.append(
            FrameEntry(offset: file.size, size: frame.bytes.count, rawSize: frame.rawSize, sha256: frame.sha256))
        try file.write(frame.bytes)
    }

    /// Writes the seek table and seals the file.
    public func finish() throws -> FileDigest {
        try file.write(SeekTable(frames.map { ($0.size, $0.rawSize) }).bytes)
        return try file.seal()
    }
}
