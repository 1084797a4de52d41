import Glibc
import Runtime

/// Bytes put aside on disk, in a file without a name: it is gone with its last user.
public final class SpoolFile {
    private let descriptor: Int32
    private let path: String
    /// Bytes in it.
    public private(set) var size: UInt64 = 0

    /// Lies in `TMPDIR`, or else in `/tmp`.
    public init() throws(StorageError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = (folder + "/unimo-XXXXXX").systemPath
        path = folder
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw fail("make a temporary file (TMPDIR names another folder)", folder) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(descriptor) }

    /// Appends; where the bytes begin.
    public func append(_ bytes: [UInt8]) throws(StorageError) -> UInt64 {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(size) + off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw fail("write a temporary file", path, needed: UInt64(bytes.count - done)) }
            done += count
        }
        defer { size += UInt64(bytes.count) }
        return size
    }

    public func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        precondition(offset + UInt64(count) <= size, "\(count) bytes at \(offset) of \(size)")
        // As in `InputFile`: all threads share the empty array.
        guard count > 0 else { return [] }
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count && code == 0 {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
                if got > 0 { filled += got } else if got == 0 || errno != EINTR { code = got == 0 ? EIO : errno }
            }
        }
        guard code == 0 else { throw .system(path: path, operation: "read a temporary file", code: code) }
        return bytes
    }
}
