import CZlib
import Runtime

/// Undoes deflate: a gzip file of any number of members, or the bare deflate of a zip member.
final class Inflater: StreamDecoder {
    enum Format { case gzip, bare }

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let format: Format
    private(set) var isAtEnd = false

    init(_ format: Format) {
        self.format = format
        stream.initialize(to: z_stream())
        let status = unimo_inflate_init(stream, format == .gzip ? 15 + 16 : -15)
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
        let (offered, room) = (stream.pointee.avail_in, stream.pointee.avail_out)
        let status = inflate(stream, Z_NO_FLUSH)
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(status)"
            throw DecodingFault(reason: reason)
        }
        if status == Z_STREAM_END { isAtEnd = true }
        return (Int(offered - stream.pointee.avail_in), Int(room - stream.pointee.avail_out))
    }

    /// After a member: zeros are padding, and another member may follow.
    private func restart(_ input: UnsafeRawBufferPointer) throws(DecodingFault) -> Int {
        let padding = input.firstIndex { $0 != 0 } ?? input.count
        guard padding < input.count else { return padding }
        guard format == .gzip, input[padding] == 0x1F else { throw DecodingFault(reason: "bytes after the end") }
        inflateReset(stream)
        isAtEnd = false
        return padding
    }
}

/// The contents of zip members.
public enum Deflate {
    /// Undoes bare deflate; the contents must be exactly `size` bytes.
    /// - Parameters:
    ///   - path, offset: where the bytes came from, for messages.
    public static func inflate(
        _ bytes: [UInt8], size: Int, path: String, offset: UInt64
    ) throws(StorageError) -> [UInt8] {
        func damaged(_ found: String) -> StorageError {
            .damaged(
                FileFault(
                    path: path, offset: offset, expected: "\(size) bytes in deflate", found: found,
                    remedy: "the file is damaged: copy or make it again"))
        }
        // Deflate makes at most 1032 bytes of one: a larger promise is a lie, found before memory is asked for.
        guard size / 1032 <= bytes.count else { throw damaged("\(bytes.count) bytes, which can't hold as many") }
        let inflater = Inflater(.bare)
        var fault: String?
        let contents = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, filled in
            let output = UnsafeMutableRawBufferPointer(buffer)
            bytes.withUnsafeBytes { input in
                var used = 0
                while !inflater.isAtEnd && fault == nil {
                    do throws(DecodingFault) {
                        let step = try inflater.decode(
                            UnsafeRawBufferPointer(rebasing: input[used...]),
                            into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
                        used += step.used
                        filled += step.made
                        let isStuck = step == (0, 0) && !inflater.isAtEnd
                        if isStuck { fault = filled > size ? "more" : "an early end" }
                    } catch { fault = error.reason }
                }
            }
        }
        if let fault { throw damaged(fault) }
        guard contents.count == size else { throw damaged("\(contents.count)") }
        return contents
    }

    /// The CRC-32 of zip and gzip.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(crc32_z(0, $0.baseAddress, $0.count)) }
    }
}
