import CArchive
import Glibc
import Runtime

/// A tar or zip archive of others, read from front to back with libarchive.
///
/// Tar: `ustar`, GNU (long names, large sizes, sparse files), pax, the old format without a mark; archives that were
/// written one behind another are read to the last. Zip: stored or deflated, zip64. Whatever a header says, memory stays
/// bounded: by the reader's own limits, by a limit on what is read for a header, and by the caller's on contents.
public final class ForeignArchive {
    public enum Format: String, Sendable {
        case tar, zip

        /// By the first bytes of a file; what is no zip archive is looked at as a tar archive.
        public init(of path: String) throws(StorageError) {
            let file = try InputFile(path: path)
            let first = try file.read(at: 0, count: Int(min(4, file.size)))
            self = Self.isZip(first) ? .zip : .tar
        }

        /// Whether a file with these first bytes is a zip archive.
        public static func isZip(_ bytes: [UInt8]) -> Bool {
            bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6])
        }
    }

    /// What a member is.
    public enum Kind: Sendable, Equatable {
        case file
        case directory
        /// Another name of a file that is in the archive.
        case hardLink(target: String)
        /// A name of another name; `target` is relative to the folder of the link.
        case symbolicLink(target: String)
        /// A device, a pipe, a socket.
        case special
    }

    public struct Member: Sendable, Equatable {
        /// As `ForeignName` has it.
        public var name: String
        public var kind: Kind
        /// Bytes of the contents; sparse files with their holes.
        public var size: UInt64
        /// Where the archive can be read on from it: of a tar archive the byte, decoded, at which its first header begins; of a
        /// zip archive, whose list is read first, the number of members before it.
        public var offset: UInt64
        /// What is wrong with the header, where the member may still be read.
        public var warning: String?
    }

    /// Bytes that are read for one header, or for the list of a zip archive, at most.
    private static let headerLimit = [Format.tar: 16 << 20, .zip: 4 << 20]
    private static let pieceSize = 1 << 20
    /// Names are bytes: libarchive would change them by the locale of the process.
    nonisolated(unsafe) private static let locale = newlocale(1 << LC_CTYPE, "C", nil)

    public let path: String
    private let format: Format
    private let archive: OpaquePointer
    private let feed: ArchiveFeed
    private var member: Member?
    /// Bytes of the member's contents that have been read.
    private var taken: UInt64 = 0
    private var isOpen = false
    private var isAtEnd = false
    /// Members met so far, and those to pass over before the first.
    private var number: UInt64 = 0
    private let skipped: UInt64

    /// - Parameter offset: a member's, or 0.
    public init(path: String, format: Format, at offset: UInt64 = 0) throws(StorageError) {
        self.path = path
        self.format = format
        skipped = format == .zip ? offset : 0
        switch format {
        case .tar: feed = ArchiveFeed(.stream(try DecodedStream(path: path, at: offset)))
        case .zip: feed = ArchiveFeed(.file(try InputFile(path: path)))
        }
        guard let archive = archive_read_new() else { preconditionFailure("no memory for an archive reader") }
        self.archive = archive
        switch format {
        case .tar:
            archive_read_support_format_tar(archive)
            let status = archive_read_set_format_option(archive, "tar", "read_concatenated_archives", "1")
            precondition(status == ARCHIVE_OK, "libarchive 3.3 or later is needed")
        case .zip: archive_read_support_format_zip_seekable(archive)
        }
        archive_read_support_format_empty(archive)
    }

    deinit { archive_read_free(archive) }

    /// Bytes of the file itself that have been read.
    public var consumed: UInt64 { feed.consumed }

    /// The next member, of whatever kind and size; nil at the end.
    public func next() throws(StorageError) -> Member? {
        while let found = try nextMember() {
            if number > skipped { return found }
        }
        return nil
    }

    private func nextMember() throws(StorageError) -> Member? {
        guard !isAtEnd else { return nil }
        try skipRest()
        feed.headerBudget = Self.headerLimit[format]
        defer { feed.headerBudget = nil }
        if !isOpen {
            isOpen = true
            guard feed.open(archive) == ARCHIVE_OK else { throw fault("\(format.rawValue) archive") }
        }
        var entry: OpaquePointer?
        let old = uselocale(Self.locale)
        let status = archive_read_next_header(archive, &entry)
        uselocale(old)
        switch status {
        case ARCHIVE_OK, ARCHIVE_WARN: break
        case ARCHIVE_EOF:
            isAtEnd = true
            return nil
        default:
            // Of an archive cut in the zeros at its end nothing is missing.
            isAtEnd = isInPadding
            if isAtEnd { return nil }
            throw fault("\(format.rawValue) archive's header")
        }
        guard let entry else { return nil }
        let found = try self.member(entry, warning: status == ARCHIVE_WARN ? reason : nil)
        (member, taken) = (found, 0)
        number += 1
        return found
    }

    private var isInPadding: Bool {
        feed.fault == nil && feed.isAtEnd && feed.contentEnd <= position && position > feed.base
    }

    private func member(_ entry: OpaquePointer, warning: String?) throws(StorageError) -> Member {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? {
            pointer.map { ForeignName.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
        let offset = format == .zip ? number : feed.base + UInt64(clamping: archive_read_header_position(archive))
        let size = UInt64(clamping: archive_entry_size(entry))
        var kind: Kind
        switch unimo_archive_kind(entry) {
        case unimo_archive_file(): kind = .file
        case unimo_archive_directory(): kind = .directory
        case unimo_archive_symbolic_link(): kind = .symbolicLink(target: text(archive_entry_symlink(entry)) ?? "")
        default: kind = .special
        }
        // Some archives have the contents behind a hard link once more: then it is a file.
        if let target = text(archive_entry_hardlink(entry)), size == 0 { kind = .hardLink(target: target) }
        if archive_entry_hardlink(entry) != nil, size > 0 { kind = .file }
        if archive_entry_is_encrypted(entry) != 0 {
            throw .unsupported(
                FileFault(
                    path: path, offset: position, expected: "members that can be read by anyone",
                    found: "an encrypted one", remedy: "unpack it with its password, and pack what comes out"))
        }
        // That a name is no text of the locale is nothing to warn of: its bytes are taken.
        let isOfName = warning?.contains("can't be converted") ?? false
        return Member(
            name: text(archive_entry_pathname(entry)) ?? "", kind: kind, size: kind == .file ? size : 0, offset: offset,
            warning: isOfName ? nil : warning)
    }

    /// The contents of the member just met, which are at most `limit` bytes.
    public func contents(limit: Int) throws(StorageError) -> [UInt8] {
        guard let member else { preconditionFailure("no member was met") }
        precondition(member.size <= UInt64(limit), "`\(member.name)` has \(member.size) bytes, the limit is \(limit)")
        var contents: [UInt8] = []
        // The size is only a promise: memory grows with what is there.
        while taken < member.size {
            let wanted = Int(min(UInt64(Self.pieceSize), member.size - taken))
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                count = archive_read_data(archive, buffer.baseAddress, wanted)
                filled = max(count, 0)
            }
            guard count > 0 else { throw fault("\(member.size - taken) more bytes of `\(member.name)`") }
            contents += piece
            taken += UInt64(count)
        }
        // Where contents end, size and sum are held against what the archive says.
        var more: UInt8 = 0
        let rest = archive_read_data(archive, &more, 1)
        self.member = nil
        guard rest == 0 else {
            guard rest > 0 else { throw fault("`\(member.name)` as it was stored") }
            throw damaged("\(member.size) bytes in `\(member.name)`", "more")
        }
        return contents
    }

    private func skipRest() throws(StorageError) {
        guard let member else { return }
        self.member = nil
        guard archive_read_data_skip(archive) >= ARCHIVE_WARN else {
            throw fault("\(member.size - taken) more bytes of `\(member.name)`")
        }
    }

    /// Where the reader stands in the decoded archive.
    private var position: UInt64 { feed.base + UInt64(clamping: archive_filter_bytes(archive, -1)) }

    private var reason: String {
        archive_error_string(archive).map { String(cString: $0) } ?? "something else, for which no reason is given"
    }

    private func fault(_ expected: String) -> StorageError {
        if let fault = feed.fault { return fault }
        if feed.isHeaderTooLong {
            let limit = Self.headerLimit[format] ?? 0
            return .unsupported(
                FileFault(
                    path: path, offset: position, expected: "at most \(limit) bytes about a member",
                    found: "more", remedy: "no archiver writes such a header: copy or make the archive again"))
        }
        return damaged(expected, feed.isAtEnd ? "the end of the file" : reason)
    }

    private func damaged(_ expected: String, _ found: String) -> StorageError {
        .damaged(
            FileFault(
                path: path, offset: position, expected: expected, found: found,
                remedy: "the archive is damaged: copy or make it again"))
    }
}
