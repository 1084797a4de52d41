import Rehearsal
import Runtime
import Storage
import Testing

@Suite("Sizes that files announce, in storage") struct CapTests {
    /// A safetensors file of nothing but a header.
    private func safetensors(_ header: String) throws -> StorageError? {
        let directory = try TemporaryDirectory()
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try directory.put("t.safetensors", length + Array(header.utf8))
        return #expect(throws: StorageError.self) { try SafetensorsFile(path: directory("t.safetensors")) }
    }

    @Test("tensors whose sizes together overflow are refused by name")
    func overflow() throws {
        let (half, whole) = (UInt64(Int.max), UInt64.max)
        let error = try safetensors(
            #"{"a":{"dtype":"U8","shape":[\#(half)],"data_offsets":[0,\#(half)]},"#
                + #""b":{"dtype":"U8","shape":[\#(half)],"data_offsets":[\#(half),\#(whole - 1)]},"#
                + #""c":{"dtype":"U8","shape":[1],"data_offsets":[\#(whole - 1),\#(whole)]}}"#)
        #expect(error?.description.contains("`a` to end within") == true, "\(String(describing: error))")
    }

    @Test("shapes that overflow, alone or beside a zero, are refused")
    func shapes() throws {
        for shape in ["\(Int.max),2", "4294967296,4294967296,4", "-1", "\(Int.max),\(Int.max),0"] {
            let error = try safetensors(#"{"a":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[0,0]}}"#)
            #expect(error != nil, "\(shape)")
        }
    }

    @Test("a zstd frame is not believed a size that so few bytes can't hold")
    func frame() throws {
        let gigabyte = 1 << 30
        // Magic, a descriptor for a single segment with eight bytes of size, the size, one empty last block.
        let size = withUnsafeBytes(of: UInt64(gigabyte).littleEndian) { Array($0) }
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + size + [1, 0, 0]
        let error = #expect(throws: StorageError.self) {
            try FrameDecompressor.decompress(frame, rawSize: gigabyte, path: "f.zst", offset: 0)
        }
        #expect(error?.description.contains("can't hold as many") == true, "\(String(describing: error))")
        // The most that zstd makes of anything is still believed.
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        let packed = FrameCompressor(level: 19).compress(zeros)
        #expect(packed.count < zeros.count / 8192)
        #expect(
            try FrameDecompressor.decompress(packed, rawSize: zeros.count, path: "f.zst", offset: 0).count
                == zeros.count)
    }

    @Test("lines are what lies between line feeds, the end of the text included")
    func lines() {
        func lines(_ text: String) -> [String] {
            ByteLines(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        for text in ["", "a", "a\n", "\n", "\n\na\n\nb", "a\r\n"] {
            let split = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            #expect(lines(text) == split.map { String($0) ?? "" }, "\(text.debugDescription)")
        }
    }
}
