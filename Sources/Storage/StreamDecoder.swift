import CZstd

/// Why compressed bytes can't be decoded.
struct DecodingFault: Error {
    let reason: String
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

/// Undoes zstd: any number of frames, skippable ones included. Windows of more than 128 MiB are refused.
final class ZstdStreamDecoder: StreamDecoder {
    private let context: OpaquePointer
    private(set) var isAtEnd = true

    init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for a zstd context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecodingFault) -> (used: Int, made: Int) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(status) == 0 else {
            throw DecodingFault(reason: String(cString: ZSTD_getErrorName(status)))
        }
        if source.pos > 0 || target.pos > 0 { isAtEnd = status == 0 }
        return (source.pos, target.pos)
    }
}
