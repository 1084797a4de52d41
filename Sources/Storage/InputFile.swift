import Glibc
import Runtime

/// A file open for reading at any offset, from any thread.
public final class InputFile: Sendable {
    public let path: String
    /// Bytes in the file when it was opened.
    public let size: UInt64
    private let descriptor: Int32

    public init(path: String) throws(StorageError) {
        descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fail("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw fail("open", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unsupported(
                FileFault(
                    path: path, expected: "a regular file", found: "something else", remedy: "name the file itself"))
        }
        self.path = path
        size = UInt64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset` on; a file that ends before is a fault.
    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30), off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw fail("read", path)
            }
            guard count > 0 else {
                throw .damaged(
                    FileFault(
                        path: path, offset: offset + UInt64(done), expected: "\(buffer.count - done) more bytes",
                        found: "the end of the file", remedy: "the file is truncated: copy or make it again"))
            }
            done += count
            WorkPulse.beat()
        }
    }

    public func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        // Bounded by the file, so that a length read from a damaged file never reserves memory.
        guard UInt64(count) <= size, offset <= size - UInt64(count) else {
            throw .damaged(
                FileFault(
                    path: path, offset: offset, expected: "\(count) bytes",
                    found: "\(size - min(offset, size)) to the end of the file",
                    remedy: "the file is truncated: copy or make it again"))
        }
        // An empty array is one that all threads share, and this would write its count.
        guard count > 0 else { return [] }
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(StorageError) {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                filled = count
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// All bytes of a file of at most `limit` bytes.
    public static func contents(of path: String, limit: UInt64) throws(StorageError) -> [UInt8] {
        let file = try InputFile(path: path)
        guard file.size <= limit else {
            throw .unsupported(
                FileFault(
                    path: path, expected: "at most \(limit) bytes", found: "\(file.size)",
                    remedy: "this is not such a file, or it has to be split"))
        }
        return try file.read(at: 0, count: Int(file.size))
    }

    /// All bytes of a text of others without its byte order mark; one that begins in another encoding than UTF-8 is refused
    /// by name.
    public static func textBytes(of path: String, limit: UInt64) throws(StorageError) -> [UInt8] {
        let bytes = try contents(of: path, limit: limit)
        if let fault = ForeignText.encoding(ofBeginning: bytes) {
            throw .unsupported(
                FileFault(path: path, offset: 0, expected: "text in UTF-8", found: fault.found, remedy: fault.remedy))
        }
        return Array(ForeignText.withoutMark(bytes))
    }

    /// SHA-256 of the whole file, read in pieces of 1 MiB.
    /// - Parameter pass: is shown each piece, with its place in the file.
    public func digest(
        _ pass: (_ offset: UInt64, _ piece: UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) throws(StorageError) -> FileDigest {
        let hash = SHA256()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        var offset: UInt64 = 0
        while offset < size {
            let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<Int(min(UInt64(piece.count), size - offset))])
            try read(at: offset, into: part)
            hash.update(UnsafeRawBufferPointer(part))
            pass(offset, UnsafeRawBufferPointer(part))
            offset += UInt64(part.count)
        }
        return FileDigest(name: Directory.name(of: path), sha256: hash.hex(), size: size)
    }
}

/// What a file holds, in short.
public struct FileDigest: Sendable, Equatable, Codable {
    /// File name without directories.
    public var name: String
    /// 64 hexadecimal digits.
    public var sha256: String
    /// Bytes.
    public var size: UInt64

    public init(name: String, sha256: String, size: UInt64) {
        self.name = name
        self.sha256 = sha256
        self.size = size
    }
}
