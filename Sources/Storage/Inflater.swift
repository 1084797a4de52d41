import CZlib
import Runtime

/// Undoes gzip: a file of any number of members, each held against its CRC-32, with zeros as padding at the end.
///
/// libarchive reads gzip too, but looks at no CRC-32 (3.6, 3.7), and takes whatever follows a member for the file's end: a
/// damaged file would be read as a sound one.
final class Inflater: StreamDecoder {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private(set) var isAtEnd = false

    init() {
        stream.initialize(to: z_stream())
        let status = unimo_inflate_init(stream, 15 + 16)
        precondition(status == Z_OK, "no memory for zlib")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(DecodingFault) -> (used: Int, made: Int) {
        if isAtEnd {
            let padding = try restart(input)
            if isAtEnd || padding > 0 { return (padding, 0) }
        }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(min(input.count, 1 << 30))
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(min(output.count, 1 << 30))
        let (offered, space) = (stream.pointee.avail_in, stream.pointee.avail_out)
        let status = inflate(stream, Z_NO_FLUSH)
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(status)"
            throw DecodingFault(reason: reason)
        }
        if status == Z_STREAM_END { isAtEnd = true }
        return (Int(offered - stream.pointee.avail_in), Int(space - stream.pointee.avail_out))
    }

    /// After a member: zeros are padding, and another member may follow.
    private func restart(_ input: UnsafeRawBufferPointer) throws(DecodingFault) -> Int {
        let padding = input.firstIndex { $0 != 0 } ?? input.count
        guard padding < input.count else { return padding }
        guard input[padding] == 0x1F else { throw DecodingFault(reason: "bytes after the end") }
        inflateReset(stream)
        isAtEnd = false
        return padding
    }
}
