import Rehearsal
import Storage
import Testing

/// Compressed files, whole and damaged.
@Suite struct DecodedStreamTests {
    private func text(_ path: String, at offset: UInt64 = 0) throws -> String {
        let stream = try DecodedStream(path: path, at: offset)
        while try stream.fill() {}
        return String(decoding: stream.buffer, as: UTF8.self)
    }

    /// One file in each compression.
    private var files: [(name: String, bytes: [UInt8])] {
        let sentence = Array(ForeignBytes.sentence.utf8)
        return ForeignBytes.compressedSentence + [
            ("gz", ForeignBytes.gzip(sentence)), ("zst", FrameCompressor().compress(sentence)),
        ]
    }

    @Test("every compression is told by its first bytes, read from any byte, and parts behind one another are one file")
    func whole() throws {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files {
            try directory.put("one", bytes)
            #expect(try DecodedStream(path: directory("one")).compression.fileExtensions.contains(name))
            #expect(try text(directory("one")) == ForeignBytes.sentence, "\(name)")
            #expect(try text(directory("one"), at: 20) == String(ForeignBytes.sentence.dropFirst(20)), "\(name)")
            try directory.put("two", bytes + bytes)
            #expect(try text(directory("two")) == ForeignBytes.sentence + ForeignBytes.sentence, "\(name)")
            let stream = try DecodedStream(path: directory("two"))
            while try stream.fill() {}
            #expect(stream.consumed == UInt64(2 * bytes.count), "\(name)")
        }
    }

    @Test("a cut file, a flipped bit and bytes behind the end are faults with file and byte, in every compression")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files {
            var flipped = bytes
            flipped[bytes.count - (name == "lz4" ? 12 : 24)] ^= 4
            for (what, damaged) in [
                ("cut", Array(bytes.dropLast(7))), ("flipped", flipped),
                ("longer", bytes + Array("something else".utf8)),
            ] {
                try directory.put("damaged.\(name)", damaged)
                let error = #expect(throws: StorageError.self, "\(name), \(what)") {
                    try text(directory("damaged.\(name)"))
                }
                #expect(
                    error?.description.contains("damaged.\(name) at byte") == true,
                    "\(name), \(what): \(String(describing: error))")
            }
        }
    }

    @Test("a zstd window of 2 GiB is read, and a larger one is named with what to do")
    func windows() throws {
        let directory = try TemporaryDirectory()
        // Magic, no single segment, the window, one raw block with the last bit set.
        func frame(window: UInt8) -> [UInt8] { [0x28, 0xB5, 0x2F, 0xFD, 0, window, 9, 0, 0, 0x61] }
        try directory.put("long.zst", frame(window: (31 - 10) << 3))
        #expect(try text(directory("long.zst")) == "a")
        try directory.put("longer.zst", frame(window: (33 - 10) << 3))
        let error = #expect(throws: StorageError.self) { try text(directory("longer.zst")) }
        guard case .unsupported = error else { throw Unexpected() }
        #expect(error?.description.contains("window of more than 2 GiB") == true, "\(String(describing: error))")
    }

    private struct Unexpected: Error {}
}
