import Glibc
import Runtime
import Testing

@testable import Vision

@Suite("Sizes that images announce", .serialized) struct CapTests {
    /// A file of the largest size that is read, of which nothing but the header is there.
    private func hollow(_ format: ImageFormat) throws -> [UInt8] {
        switch format {
        case .jpeg:
            var bytes = try Goldens.bytes("rgb.jpg")
            let frame = try #require((2..<bytes.count - 9).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
            bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x40, 0, 0x40, 0])
            return bytes
        case .png:
            // 16,384 × 16,384 of 8-bit RGB, and the end.
            return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
                + Self.sealed("IHDR", [0, 0, 0x40, 0, 0, 0, 0x40, 0, 8, 2, 0, 0, 0]) + [0, 0, 0, 9]
                + Self.sealed("IDAT", [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01, 0]) + [0, 0, 0, 0]
                + Self.sealed("IEND", [])
        case .webp:
            var bytes = try Goldens.bytes("turned.webp")
            let mark = try #require((12..<bytes.count - 5).first { bytes[$0..<$0 + 4].elementsEqual("VP8L".utf8) }) + 8
            bytes.replaceSubrange(mark + 1..<mark + 5, with: [0xFF, 0xFF, 0xFF, 0x0F])
            return bytes
        }
    }

    /// A chunk's name, contents and checksum.
    private static func sealed(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let bytes = Array(name.utf8) + contents
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
        }
        return bytes + withUnsafeBytes(of: (~sum).bigEndian) { Array($0) }
    }

    /// Bytes of this process that are in memory now.
    private static func resident() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 256)
        let line = try #require(fgets(&text, 255, file))
        let pages = String(cString: line).split(separator: " ").map { Int($0) }
        return try #require(pages.count > 1 ? pages[1] : nil) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test("room for an image takes no memory before pixels are written to it")
    func room() throws {
        let buffer = PixelBuffer()
        let before = try Self.resident()
        buffer.reserve(width: 16384, height: 16384, rows: 0..<16384)
        // The pixels would take a gigabyte; other tests run beside this one.
        #expect(try Self.resident() - before < 700 << 20)
        #expect((0..<1000).allSatisfy { buffer.pixels[$0 * 268_000] == 0 })
    }

    @Test(
        "a file that announces the largest image and does not hold it is refused in a moment",
        arguments: [ImageFormat.png, .jpeg, .webp])
    func hollowFiles(format: ImageFormat) throws {
        let bytes = try hollow(format)
        let started = Clock.seconds
        #expect(throws: ImageError.self) { try decodeImage(bytes) }
        #expect(Clock.seconds - started < 5)
    }
}
