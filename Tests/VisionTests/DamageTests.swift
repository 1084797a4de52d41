import Runtime
import Testing

@testable import Vision

@Suite struct DamageTests {
    /// What is done to the bytes of a file.
    private func damage(_ bytes: inout [UInt8], _ random: inout RandomStream) {
        guard bytes.count > 16 else { return }
        let at = random.integer(below: bytes.count)
        let count = min(1 + random.integer(below: 24), bytes.count - at)
        switch random.integer(below: 7) {
        case 0: bytes[at] ^= 1 << UInt8(random.integer(below: 8))
        case 1: bytes[at] = UInt8(truncatingIfNeeded: random.nextWord())
        case 2: bytes.removeLast(random.integer(below: bytes.count / 2))
        case 3: for index in at..<at + count { bytes[index] = 0 }
        case 4: bytes.swapAt(at, random.integer(below: bytes.count))
        case 5: bytes.insert(contentsOf: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.nextWord()) }, at: at)
        default: bytes.removeSubrange(at..<at + count)
        }
    }

    @Test(
        "damage of every kind to every kind of image is a typed error or an ordinary decode, quickly", arguments: 0..<4)
    func mutations(_ part: Int) throws {
        let originals = try Goldens.load().images.compactMap(\.file).map(Goldens.bytes)
        var random = RandomKey(seed: 7, position: part, purpose: .test).stream
        let key = RandomKey(seed: 1, purpose: .test)
        let rounds = 2500
        var decoded = 0
        for round in 0..<rounds {
            var bytes = originals[round % originals.count]
            for _ in 0...random.integer(below: 4) { damage(&bytes, &random) }
            let start = Clock.seconds
            do {
                if round % 2 == 0 {
                    let image = try decodeImage(bytes)
                    #expect(image.rgb.count == 3 * image.width * image.height)
                } else {
                    let found = try views(ofEncoded: bytes, [(.strong, key), (.mild, key)], size: 11)
                    #expect(found.map(\.count) == [363, 363])
                }
                decoded += 1
            } catch {
                #expect(!error.description.isEmpty)
            }
            // A damaged size may ask for many pixels of nothing.
            #expect(Clock.seconds - start < 20, "round \(round)")
            _ = try? ImageHeader(of: bytes)
        }
        // Some damage goes unseen (a JPEG has no checksum), most does not.
        #expect(decoded > rounds / 20 && decoded < rounds * 3 / 4, "\(decoded) of \(rounds) damaged images decoded")
    }

    @Test("sizes beyond the limit are refused from the header alone, in every format")
    func bombs() throws {
        // A JPEG's frame header: marker, length, 8 bits, height, width.
        var jpeg = try Goldens.bytes("rgb.jpg")
        let frame = try #require((2..<jpeg.count - 9).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        #expect(throws: ImageError.tooLarge(.jpeg, width: 65500, height: 65500, limit: maximumPixels)) {
            try decodeImage(jpeg)
        }
        #expect(throws: ImageError.tooLarge(.jpeg, width: 65500, height: 65500, limit: maximumPixels)) {
            try ImageHeader(of: jpeg)
        }
        // A lossless WebP's: signature, then 14 bits each of width − 1 and height − 1. Its largest size is within the
        // limit, and there are no pixels for it.
        var webp = try Goldens.bytes("turned.webp")
        let signature = try #require((12..<webp.count - 5).first { webp[$0..<$0 + 4].elementsEqual("VP8L".utf8) }) + 8
        webp.replaceSubrange(signature + 1..<signature + 5, with: [0xFF, 0xFF, 0xFF, 0x0F])
        #expect(throws: ImageError.self) { try decodeImage(webp) }
    }

    @Test("a progressive file that goes over its image without end is refused")
    func passes() throws {
        let bytes = try Goldens.bytes("progressive.jpg")
        // The last scan, once more and once more.
        let scan = try #require((2..<bytes.count - 2).last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
        let endless =
            Array(bytes.dropLast(2)) + (0..<600).flatMap { _ in bytes[scan..<bytes.count - 2] } + [0xFF, 0xD9]
        #expect(throws: ImageError.damaged(.jpeg, reason: "more than 500 passes")) { try decodeImage(endless) }
    }

    @Test("headers tell the size and format of what decodes")
    func headers() throws {
        for golden in try Goldens.load().images {
            let header = try ImageHeader(of: Goldens.bytes(try #require(golden.file)))
            #expect(header.width == golden.width && header.height == golden.height, "\(golden.file ?? "")")
        }
    }
}
