import CZstd

/// Why compressed bytes can't be decoded.
struct DecodingFault: Error {
    let reason: String
    /// What to do where nothing is damaged and the bytes are only beyond what is read here.
    var remedy: String?
}

/// Undoes a compression piece by piece.
protocol StreamDecoder: AnyObject {
    /// True when the compressed stream may end here.
    var isAtEnd: Bool { get }
    /// Decodes what fits; neither number moving means that more input is needed.
    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecodingFault) -> (used: Int, made: Int)
}

/// Undoes zstd: any number of frames, skippable ones included. Windows of up to 2 GiB are read (`--long=31`); libarchive
/// ends at 128 MiB. A window takes memory as it fills, so that a small file never takes much.
final class ZstdStreamDecoder: StreamDecoder {
    /// The largest window that zstd itself writes, as a power of two.
    private static let windowLog: Int32 = 31

    private let context: OpaquePointer
    private(set) var isAtEnd = true

    init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for a zstd context") }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLog)
    }

    deinit { ZSTD_freeDCtx(context) }

    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecodingFault) -> (used: Int, made: Int) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(status) == 0 else { throw Self.fault(status) }
        if source.pos > 0 || target.pos > 0 { isAtEnd = status == 0 }
        return (source.pos, target.pos)
    }

    private static func fault(_ status: Int) -> DecodingFault {
        switch ZSTD_getErrorCode(status) {
        case ZSTD_error_frameParameter_windowTooLarge:
            DecodingFault(
                reason: "a window of more than 2 GiB", remedy: "compress it again with a window of --long=31 at most")
        case ZSTD_error_memory_allocation:
            DecodingFault(
                reason: "a window that there is no memory for",
                remedy: "raise `ulimit -v`, or compress it again without --long")
        default: DecodingFault(reason: String(cString: ZSTD_getErrorName(status)))
        }
    }
}
