import Runtime

/// A file read from front to back, with gzip or zstd, told by the first bytes, undone on the way.
public final class DecodedStream {
    /// How the file is compressed.
    public enum Compression: String, Sendable { case none, gzip, zstd }

    /// Bytes asked of the file at once, and made of them at once.
    private static let pieceSize = 256 << 10

    public let path: String
    public let compression: Compression
    /// Where `buffer` begins in the decoded file.
    public private(set) var offset: UInt64 = 0
    /// Decoded bytes that are still to be taken.
    public private(set) var buffer: ArraySlice<UInt8> = []
    private let file: InputFile
    private let decoder: (any StreamDecoder)?
    private var input: ArraySlice<UInt8> = []
    private var inputOffset: UInt64 = 0

    /// - Parameter offset: the decoded byte to begin at; found by decoding everything before it where the file is
    ///   compressed.
    public init(path: String, at offset: UInt64 = 0) throws(StorageError) {
        self.path = path
        file = try InputFile(path: path)
        let magic = try file.read(at: 0, count: Int(min(4, file.size)))
        compression = Self.compression(magic)
        decoder =
            switch compression {
            case .none: nil
            case .gzip: Inflater(.gzip)
            case .zstd: ZstdStreamDecoder()
            }
        if compression == .none {
            guard offset <= file.size else { throw damaged("at least \(offset) bytes", "\(file.size)") }
            (self.offset, inputOffset) = (offset, offset)
        } else {
            try skip(offset)
        }
    }

    private static func compression(_ magic: [UInt8]) -> Compression {
        if magic.starts(with: [0x1F, 0x8B]) { return .gzip }
        guard magic.count == 4, magic[1...3] == [0xB5, 0x2F, 0xFD] || magic[1...3] == [0x2A, 0x4D, 0x18] else {
            return .none
        }
        return magic[0] == 0x28 || magic[0] & 0xF0 == 0x50 ? .zstd : .none
    }

    /// Bytes of the file itself that have been read.
    public var consumed: UInt64 { inputOffset - UInt64(input.count) - (decoder == nil ? UInt64(buffer.count) : 0) }
    /// Bytes of the file itself.
    public var fileSize: UInt64 { file.size }

    /// Makes `buffer` longer; false at the end of the file.
    @discardableResult public func fill() throws(StorageError) -> Bool {
        guard let decoder else {
            let piece = try nextInput()
            guard !piece.isEmpty else { return false }
            buffer = buffer.isEmpty ? piece[...] : buffer + piece
            return true
        }
        while true {
            if input.isEmpty { input = try nextInput()[...] }
            let isLast = input.isEmpty
            let (piece, used) = try decode(decoder)
            input = input.dropFirst(used)
            if !piece.isEmpty {
                buffer = buffer.isEmpty ? piece[...] : buffer + piece
                return true
            }
            if isLast && used == 0 {
                guard decoder.isAtEnd else { throw damaged("a whole \(compression.rawValue) stream", "an early end") }
                return false
            }
            guard used > 0 || isLast else { throw damaged("\(compression.rawValue) data", "bytes that lead nowhere") }
        }
    }

    private func nextInput() throws(StorageError) -> [UInt8] {
        let count = Int(min(UInt64(Self.pieceSize), file.size - inputOffset))
        guard count > 0 else { return [] }
        let piece = try file.read(at: inputOffset, count: count)
        inputOffset += UInt64(count)
        return piece
    }

    private func decode(_ decoder: any StreamDecoder) throws(StorageError) -> (piece: [UInt8], used: Int) {
        var used = 0
        var fault: DecodingFault?
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { output, filled in
            input.withUnsafeBytes { source in
                do throws(DecodingFault) {
                    (used, filled) = try decoder.decode(source, into: UnsafeMutableRawBufferPointer(output))
                } catch { fault = error }
            }
        }
        if let fault { throw damaged("\(compression.rawValue) data", fault.reason) }
        return (piece, used)
    }

    /// Takes up to `count` bytes off the buffer's front, which must be there.
    public func drop(_ count: Int) {
        precondition(count <= buffer.count, "\(count) bytes of \(buffer.count) buffered")
        buffer = buffer.dropFirst(count)
        offset += UInt64(count)
    }

    /// The next `count` bytes; nil at the end of the file, and a fault when it ends within.
    public func take(_ count: Int) throws(StorageError) -> [UInt8]? {
        while buffer.isEmpty && count > 0 { if try !fill() { return nil } }
        var taken: [UInt8] = []
        while taken.count < count {
            if buffer.isEmpty, try !fill() {
                throw damaged("\(count - taken.count) more bytes", "the end of the file")
            }
            let part = buffer.prefix(count - taken.count)
            taken += part
            drop(part.count)
        }
        return taken
    }

    /// Passes over `count` bytes, which must be there.
    public func skip(_ count: UInt64) throws(StorageError) {
        var left = count
        while left > 0 {
            if decoder == nil && buffer.isEmpty {
                guard left <= file.size - inputOffset else {
                    throw damaged("\(left) more bytes", "the end of the file")
                }
                inputOffset += left
                offset += left
                return
            }
            if buffer.isEmpty, try !fill() { throw damaged("\(left) more bytes", "the end of the file") }
            let part = Int(min(left, UInt64(buffer.count)))
            drop(part)
            left -= UInt64(part)
        }
    }

    /// A fault at the place reached.
    public func damaged(_ expected: String, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: path, offset: offset, expected: expected, found: found,
                remedy: "the file is damaged or cut: copy or make it again"))
    }
}
