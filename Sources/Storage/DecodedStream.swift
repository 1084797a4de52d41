import Runtime

/// A file read from front to back, with its compression, recognised by the first bytes, undone on the way.
public final class DecodedStream {
    /// Bytes asked of the file at once, and made of them at once.
    private static let pieceSize = 256 << 10

    /// What undoes the compression.
    private enum Decoder {
        case none
        case piecewise(any StreamDecoder)
        case library(ArchiveFilter)
    }

    public let path: String
    public let compression: Compression
    /// Where `buffer` begins in the decoded file.
    public private(set) var offset: UInt64 = 0
    /// Decoded bytes that are still to be taken.
    public private(set) var buffer: ArraySlice<UInt8> = []
    private let file: InputFile
    private let decoder: Decoder
    private var input: ArraySlice<UInt8> = []
    private var inputOffset: UInt64 = 0

    /// - Parameter offset: the decoded byte to begin at; found by decoding everything before it where the file is
    ///   compressed.
    public init(path: String, at offset: UInt64 = 0) throws(StorageError) {
        self.path = path
        file = try InputFile(path: path)
        compression = Compression(
            magic: try file.read(at: 0, count: Int(min(UInt64(Compression.magicLength), file.size))))
        decoder =
            switch compression {
            case .none: .none
            case .gzip: .piecewise(Inflater())
            case .zstd: .piecewise(ZstdStreamDecoder())
            case .bzip2, .xz, .lz4, .lzip: .library(try ArchiveFilter(file, compression))
            }
        if compression == .none {
            guard offset <= file.size else { throw damaged("at least \(offset) bytes", "\(file.size)") }
            (self.offset, inputOffset) = (offset, offset)
        } else {
            try skip(offset)
        }
    }

    /// Bytes of the file itself that have been read.
    public var consumed: UInt64 {
        switch decoder {
        case .none: inputOffset - UInt64(buffer.count)
        case .piecewise: inputOffset - UInt64(input.count)
        case .library(let filter): filter.consumed
        }
    }
    /// Bytes of the file itself.
    public var fileSize: UInt64 { file.size }

    /// Makes `buffer` longer; false at the end of the file.
    @discardableResult public func fill() throws(StorageError) -> Bool {
        let piece =
            switch decoder {
            case .none: try nextInput()
            case .piecewise(let decoder): try nextPiece(decoder)
            case .library(let filter): try nextPiece(filter)
            }
        guard !piece.isEmpty else { return false }
        buffer = buffer.isEmpty ? piece[...] : buffer + piece
        return true
    }

    /// The next decoded bytes; empty at the end.
    private func nextPiece(_ decoder: any StreamDecoder) throws(StorageError) -> [UInt8] {
        while true {
            if input.isEmpty { input = try nextInput()[...] }
            let isLast = input.isEmpty
            let (piece, used) = try decode(decoder)
            input = input.dropFirst(used)
            if !piece.isEmpty { return piece }
            if isLast && used == 0 {
                guard decoder.isAtEnd else { throw damaged("a whole \(compression.rawValue) stream", "an early end") }
                return []
            }
            guard used > 0 || isLast else { throw damaged("\(compression.rawValue) data", "bytes that lead nowhere") }
        }
    }

    private func nextPiece(_ filter: ArchiveFilter) throws(StorageError) -> [UInt8] {
        var fault: StorageError?
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { output, filled in
            do throws(StorageError) {
                filled = try filter.decode(into: UnsafeMutableRawBufferPointer(output))
            } catch { fault = error }
        }
        if let fault { throw fault }
        return piece
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
        if let fault { throw refused(fault) }
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
            if buffer.isEmpty {
                left -= seekAhead(left)
                if left == 0 { return }
            }
            if buffer.isEmpty, try !fill() { throw damaged("\(left) more bytes", "the end of the file") }
            let part = Int(min(left, UInt64(buffer.count)))
            drop(part)
            left -= UInt64(part)
        }
    }

    /// Passes over up to `count` bytes without reading them, which only a file that is not compressed allows.
    /// - Returns: how many; 0 while there are bytes in the buffer.
    func seekAhead(_ count: UInt64) -> UInt64 {
        guard case .none = decoder, buffer.isEmpty else { return 0 }
        let skipped = min(count, file.size - inputOffset)
        inputOffset += skipped
        offset += skipped
        return skipped
    }

    private func refused(_ fault: DecodingFault) -> StorageError {
        guard let remedy = fault.remedy else { return damaged("\(compression.rawValue) data", fault.reason) }
        return .unsupported(
            FileFault(
                path: path, offset: inputOffset - UInt64(input.count),
                expected: "\(compression.rawValue) data that can be read here", found: fault.reason, remedy: remedy))
    }

    /// A fault at the place reached.
    public func damaged(_ expected: String, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: path, offset: offset, expected: expected, found: found,
                remedy: "the file is damaged or cut: copy or make it again"))
    }
}
