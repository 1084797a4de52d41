import CZstd
import Runtime

/// Makes independent zstd frames with the content checksum on. One per thread.
public final class FrameCompressor {
    private let context: OpaquePointer

    /// - Parameter level: zstd's, 1 (fast) to 19 (small).
    public init(level: Int = 3) {
        precondition((1...19).contains(level), "zstd levels are 1...19, got \(level)")
        guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for a zstd context") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// One frame that holds `bytes`; the same bytes give the same frame.
    public func compress(_ bytes: [UInt8]) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
            let count = bytes.withUnsafeBytes {
                ZSTD_compress2(context, buffer.baseAddress, bound, $0.baseAddress, $0.count)
            }
            precondition(ZSTD_isError(count) == 0, "zstd: \(String(cString: ZSTD_getErrorName(count)))")
            filled = count
        }
    }
}

/// Reads zstd frames.
public enum FrameDecompressor {
    /// The contents of one frame, which must be exactly `rawSize` bytes.
    /// - Parameters:
    ///   - frame: the frame and nothing else.
    ///   - path, offset: where the frame came from, for messages.
    public static func decompress(
        _ frame: [UInt8], rawSize: Int, path: String, offset: UInt64
    ) throws(StorageError) -> [UInt8] {
        func damaged(_ expected: String, _ found: String) -> StorageError {
            .damaged(
                FileFault(
                    path: path, offset: offset, expected: expected, found: found,
                    remedy: "the file is damaged: copy or make it again"))
        }
        let length = frame.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
        guard ZSTD_isError(length) == 0, length == frame.count else {
            throw damaged("one zstd frame of \(frame.count) bytes", message(length))
        }
        // A block of 128 KiB takes four bytes at least: a larger promise is a lie, found before memory is asked for.
        guard rawSize / (128 << 10) <= frame.count / 4 else {
            throw damaged("\(rawSize) bytes in zstd", "a frame of \(frame.count) bytes, which can't hold as many")
        }
        let content = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard content == UInt64(rawSize) else {
            throw damaged("a zstd frame holding \(rawSize) bytes", "one that says \(content)")
        }
        var status = 0
        // Of one byte at least, as in `InputFile`: all threads share the empty array.
        let bytes = [UInt8](unsafeUninitializedCapacity: max(rawSize, 1)) { buffer, filled in
            status = frame.withUnsafeBytes { ZSTD_decompress(buffer.baseAddress, rawSize, $0.baseAddress, $0.count) }
            filled = ZSTD_isError(status) == 0 ? status : 0
        }
        guard bytes.count == rawSize else { throw damaged("\(rawSize) decompressed bytes", message(status)) }
        return bytes
    }

    private static func message(_ status: Int) -> String {
        ZSTD_isError(status) != 0 ? String(cString: ZSTD_getErrorName(status)) : "\(status) bytes"
    }
}
