import Runtime
import Testing

@testable import Vision

@Suite struct DecodeTests {
    @Test("every variant of PNG, JPEG and WebP decodes to Pillow's pixels")
    func goldens() throws {
        for golden in try Goldens.load().images {
            let name = try #require(golden.file)
            let image = try decodeImage(try Goldens.bytes(name))
            #expect(image.width == golden.width && image.height == golden.height, "\(name)")
            // Lossless formats leave no room; two builds of a JPEG or lossy WebP decoder may round differently.
            let isLossy = name.hasSuffix(".jpg") || name == "lossy.webp"
            let largest = difference(image, golden.image)
            #expect(largest <= (isLossy ? 2 : 0), "\(name) is off by \(largest)")
        }
    }

    @Test("bytes of no known format are refused with what they start with")
    func unknown() {
        #expect(throws: ImageError.unknownFormat(firstBytes: [])) { try decodeImage([]) }
        #expect(throws: ImageError.unknownFormat(firstBytes: Array("GIF89a".utf8))) {
            try decodeImage(Array("GIF89a".utf8))
        }
        #expect(ImageError.unknownFormat(firstBytes: [0x47, 0x09]).description.contains("first bytes 47 09"))
        #expect(ImageError.unknownFormat(firstBytes: []).exitCode == .data)
    }

    @Test(
        "a cut file is damage, wherever it is cut",
        arguments: ["rgb.png", "rgba.png", "interlaced-rgba.png", "rgb.jpg", "lossy.webp", "lossless-alpha.webp"])
    func cut(_ name: String) throws {
        let bytes = try Goldens.bytes(name)
        for count in stride(from: 12, to: bytes.count - 24, by: 7) {
            #expect(throws: ImageError.self, "\(name) cut to \(count) of \(bytes.count)") {
                try decodeImage(Array(bytes.prefix(count)))
            }
        }
    }

    @Test("an image that claims more than 2^28 pixels is refused before memory is asked for")
    func tooLarge() throws {
        var png = try Goldens.bytes("rgb.png")
        png.replaceSubrange(16..<24, with: [0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF])
        let header = crc32(png[12..<29])
        png.replaceSubrange(29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: header >> (24 - 8 * $0)) })
        #expect(throws: ImageError.tooLarge(.png, width: 0x7FFF, height: 0x7FFF, limit: 1 << 28)) {
            try decodeImage(png)
        }
    }

    @Test("encoding and decoding a PNG gives the pixels back, and the same bytes twice")
    func roundTrip() throws {
        let image = try Goldens.load().source.image
        let bytes = try encodePNG(image)
        #expect(try decodeImage(bytes) == image)
        #expect(try encodePNG(image) == bytes)
        #expect(try decodeImage(try encodePNG(image, compression: 0)) == image)
    }
}

/// The checksum of PNG chunks.
private func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 {
            let carry: UInt32 = crc & 1 == 0 ? 0 : 0xEDB8_8320
            crc = crc >> 1 ^ carry
        }
    }
    return ~crc
}
