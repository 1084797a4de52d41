import Rehearsal
import Runtime
import Storage
import Testing

@Suite struct SeekableTests {
    private func write(_ contents: [[UInt8]], to path: String) throws -> [FrameEntry] {
        let writer = SeekableWriter(file: try OutputFile(path: path))
        let compressor = FrameCompressor()
        for raw in contents { try writer.append(CompressedFrame(raw, compressor: compressor)) }
        let digest = try writer.finish()
        #expect(try InputFile(path: path).digest().sha256 == digest.sha256)
        return writer.frames
    }

    @Test("zstd decompresses the file, and each frame is read alone")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let contents = [noise(3000, seed: 1), [UInt8](repeating: 9, count: 100_000), [], noise(1, seed: 2)]
        let frames = try write(contents, to: directory("f.zst"))
        #expect(
            shell("zstd -qdc \(directory("f.zst")) > \(directory("f")) && zstd -qt \(directory("f.zst"))").code == 0)
        #expect(try InputFile.contents(of: directory("f"), limit: 1 << 20) == contents.flatMap { $0 })
        let file = try InputFile(path: directory("f.zst"))
        #expect(try SeekTable(of: file) == SeekTable(frames.map { ($0.size, $0.rawSize) }))
        for (frame, raw) in zip(frames, contents) {
            let bytes = try file.read(at: frame.offset, count: frame.size)
            #expect(SHA256.hex(of: bytes) == frame.sha256)
            let found = try FrameDecompressor.decompress(
                bytes, rawSize: raw.count, path: file.path, offset: frame.offset)
            #expect(found == raw)
        }
    }

    @Test("the seek table has the bytes the format prescribes")
    func tableBytes() {
        #expect(
            SeekTable([(0x0102_0304, 0x0506_0708)]).bytes == [
                0x5E, 0x2A, 0x4D, 0x18, 17, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 1, 0, 0, 0, 0, 0xB1, 0xEA, 0x92, 0x8F,
            ])
    }

    @Test("a flipped byte in a frame never gives other bytes than were written")
    func flippedFrame() throws {
        let raw = Array(String(repeating: "the same words again and again; ", count: 40).utf8)
        let frame = FrameCompressor().compress(raw)
        for place in frame.indices {
            for bit in 0..<8 {
                var changed = frame
                changed[place] ^= 1 << UInt8(bit)
                do throws(StorageError) {
                    let found = try FrameDecompressor.decompress(changed, rawSize: raw.count, path: "f", offset: 12)
                    // Reserved bits may be ignored by the decoder; the contents may not change.
                    #expect(found == raw)
                } catch {
                    guard case .damaged(let fault) = error else { throw Unexpected() }
                    #expect(fault.path == "f" && fault.offset == 12)
                }
            }
        }
        #expect(throws: StorageError.self) {
            try FrameDecompressor.decompress(frame, rawSize: raw.count + 1, path: "f", offset: 0)
        }
        #expect(throws: StorageError.self) {
            try FrameDecompressor.decompress(frame + frame, rawSize: raw.count, path: "f", offset: 0)
        }
    }

    @Test("a damaged or truncated seek table is refused, not believed")
    func damagedTable() throws {
        let directory = try TemporaryDirectory()
        let frames = try write([noise(300, seed: 1), noise(400, seed: 2)], to: directory("f"))
        let good = try InputFile.contents(of: directory("f"), limit: 1 << 20)
        let table = frames.reduce(0) { $0 + $1.size }
        for place in table..<good.count where place != good.count - 5 {
            var bytes = good
            bytes[place] ^= 0x40
            try AtomicFile.write(bytes, to: directory("g"))
            // Decompressed sizes stand in the table only: what they say is held against the frames when read.
            if (place - table - 8) % 8 >= 4, place < good.count - 9, place >= table + 8 { continue }
            #expect(throws: StorageError.self, "byte \(place)") {
                try SeekTable(of: InputFile(path: directory("g")))
            }
        }
        for length in [0, 8, 16, table, good.count - 1] {
            try AtomicFile.write(Array(good[..<length]), to: directory("g"))
            #expect(throws: StorageError.self, "length \(length)") {
                try SeekTable(of: InputFile(path: directory("g")))
            }
        }
    }
}
