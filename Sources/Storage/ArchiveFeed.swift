import CArchive
import Runtime

/// What libarchive reads from: bytes of a decoded stream or of a file, handed over piece by piece.
///
/// While a header is being read, what is handed over is counted: no header of an honest archive is as long as the limit,
/// and a list without end would fill memory.
final class ArchiveFeed {
    enum Source {
        case stream(DecodedStream)
        case file(InputFile)
    }

    private static let pieceSize = 256 << 10

    let source: Source
    /// Where the reader began in the source.
    let base: UInt64
    /// Where the next piece begins in the source.
    private var place: UInt64
    /// What went wrong in the source: more exact than what libarchive makes of it.
    private(set) var fault: StorageError?
    /// The source has been read to its end.
    private(set) var isAtEnd = false
    /// Behind the last byte that is not zero, of what was handed over.
    private(set) var contentEnd: UInt64 = 0
    /// Bytes that may still be handed over for a header; nil while contents are read.
    var headerBudget: Int?
    private(set) var isHeaderTooLong = false
    /// What libarchive looks at, until it asks for the next piece.
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)

    init(_ source: Source) {
        self.source = source
        base = if case .stream(let stream) = source { stream.offset } else { 0 }
        (place, contentEnd) = (base, base)
    }

    deinit { memory.deallocate() }

    var path: String {
        switch source {
        case .stream(let stream): stream.path
        case .file(let file): file.path
        }
    }

    /// Bytes of the file itself that have been read.
    var consumed: UInt64 {
        switch source {
        case .stream(let stream): stream.consumed
        case .file: place
        }
    }

    /// Connects a reader that is not open yet, and opens it. The feed must live as long as the reader.
    func open(_ archive: OpaquePointer) -> Int32 {
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive) { _, feed, buffer in
            guard let feed, let buffer else { return -1 }
            return Unmanaged<ArchiveFeed>.fromOpaque(feed).takeUnretainedValue().next(buffer)
        }
        archive_read_set_skip_callback(archive) { _, feed, count in
            guard let feed else { return 0 }
            return Unmanaged<ArchiveFeed>.fromOpaque(feed).takeUnretainedValue().skip(count)
        }
        if case .file = source {
            archive_read_set_seek_callback(archive) { _, feed, offset, origin in
                guard let feed else { return Int64(ARCHIVE_FATAL) }
                return Unmanaged<ArchiveFeed>.fromOpaque(feed).takeUnretainedValue().seek(offset, origin)
            }
        }
        return archive_read_open1(archive)
    }

    private func next(_ buffer: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        let piece: UnsafeRawBufferPointer
        do throws(StorageError) { piece = try readPiece() } catch {
            fault = error
            return Int(ARCHIVE_FATAL)
        }
        if let last = piece.lastIndex(where: { $0 != 0 }) {
            contentEnd = place - UInt64(piece.count - last - 1)
            if let budget = headerBudget {
                guard budget > 0 else {
                    isHeaderTooLong = true
                    return Int(ARCHIVE_FATAL)
                }
                headerBudget = budget - piece.count
            }
        }
        buffer.pointee = piece.baseAddress
        return piece.count
    }

    private func readPiece() throws(StorageError) -> UnsafeRawBufferPointer {
        let piece: UnsafeMutableRawBufferPointer
        switch source {
        case .stream(let stream):
            if stream.buffer.isEmpty { try stream.fill() }
            let bytes = stream.buffer.prefix(memory.count)
            piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count])
            piece.copyBytes(from: bytes)
            stream.drop(bytes.count)
            place = stream.offset
        case .file(let file):
            let count = Int(min(UInt64(memory.count), file.size - place))
            piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
            try file.read(at: place, into: piece)
            place += UInt64(count)
        }
        isAtEnd = piece.isEmpty
        return UnsafeRawBufferPointer(piece)
    }

    /// Passes over bytes without reading them, where that is possible; how many.
    private func skip(_ count: Int64) -> Int64 {
        switch source {
        case .stream(let stream):
            let skipped = stream.seekAhead(UInt64(clamping: count))
            if skipped > 0 { (place, contentEnd) = (stream.offset, stream.offset) }
            return Int64(skipped)
        case .file(let file):
            let skipped = min(UInt64(clamping: count), file.size - place)
            place += skipped
            return Int64(skipped)
        }
    }

    private func seek(_ offset: Int64, _ origin: Int32) -> Int64 {
        guard case .file(let file) = source else { return Int64(ARCHIVE_FATAL) }
        let start: Int64 =
            switch origin {
            case SEEK_SET: 0
            case SEEK_CUR: Int64(place)
            default: Int64(file.size)
            }
        let (wanted, overflow) = start.addingReportingOverflow(offset)
        guard !overflow, wanted >= 0 else { return Int64(ARCHIVE_FATAL) }
        place = min(UInt64(wanted), file.size)
        return Int64(place)
    }
}
