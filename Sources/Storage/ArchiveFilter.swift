import CArchive
import Runtime

/// Undoes bzip2, xz, lz4 and lzip with libarchive: files of any number of parts, held against the sums they carry.
final class ArchiveFilter {
    private let archive: OpaquePointer
    private let feed: ArchiveFeed
    private let file: InputFile
    private let compression: Compression
    private var hasEntry = false

    init(_ file: InputFile, _ compression: Compression) throws(StorageError) {
        guard let archive = archive_read_new() else { preconditionFailure("no memory for an archive reader") }
        self.archive = archive
        self.file = file
        self.compression = compression
        feed = ArchiveFeed(.file(file))
        let support =
            switch compression {
            case .bzip2: archive_read_support_filter_bzip2(archive)
            case .xz: archive_read_support_filter_xz(archive)
            case .lz4: archive_read_support_filter_lz4(archive)
            case .lzip: archive_read_support_filter_lzip(archive)
            case .none, .gzip, .zstd: preconditionFailure("\(compression) is not libarchive's")
            }
        // A warning would mean that the library calls another program for it.
        precondition(support == ARCHIVE_OK, "libarchive was built without \(compression)")
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        var entry: OpaquePointer?
        guard feed.open(archive) == ARCHIVE_OK else { throw fault() }
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: hasEntry = true
        case ARCHIVE_EOF: try checkEnd()
        default: throw fault()
        }
    }

    deinit { archive_read_free(archive) }

    /// Bytes of the file that have been used.
    var consumed: UInt64 { UInt64(clamping: archive_filter_bytes(archive, -1)) }

    /// Decodes up to `output.count` bytes; 0 at the end.
    func decode(into output: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard hasEntry else { return 0 }
        let count = archive_read_data(archive, output.baseAddress, output.count)
        guard count >= 0 else { throw fault() }
        if count == 0 {
            hasEntry = false
            try checkEnd()
        }
        return count
    }

    /// What follows the last part must be padding: the library leaves it alone, whatever it is.
    private func checkEnd() throws(StorageError) {
        var place = consumed
        while place < file.size {
            let piece = try file.read(at: place, count: Int(min(1 << 16, file.size - place)))
            if let other = piece.firstIndex(where: { $0 != 0 }) {
                throw damaged(place + UInt64(other), "bytes after the end")
            }
            place += UInt64(piece.count)
        }
    }

    private func fault() -> StorageError {
        if let fault = feed.fault { return fault }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gives no reason"
        return damaged(consumed, feed.isAtEnd ? "an early end (\(reason))" : reason)
    }

    private func damaged(_ offset: UInt64, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: file.path, offset: offset, expected: "\(compression.rawValue) data", found: found,
                remedy: "the file is damaged or cut: copy or make it again"))
    }
}
