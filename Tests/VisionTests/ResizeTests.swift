import Testing

@testable import Vision

@Suite struct ResizeTests {
    @Test("resizing gives Pillow's pixels, boxes and both filters")
    func goldens() throws {
        let goldens = try Goldens.load()
        let source = goldens.source.image
        for golden in goldens.resizes {
            let name = try #require(golden.filter)
            let filter = try #require(ResizeFilter(rawValue: name))
            let box = try #require(golden.box)
            let resized = resize(
                source, box: SourceBox(x: box[0], y: box[1], width: box[2], height: box[3]), width: golden.width,
                height: golden.height, filter: filter)
            #expect(resized == golden.image, "\(filter) \(box) to \(golden.width) × \(golden.height)")
        }
    }

    @Test("resizing to the same size changes nothing")
    func identity() throws {
        let source = try Goldens.load().source.image
        for filter in [ResizeFilter.bilinear, .bicubic] {
            #expect(resize(source, width: source.width, height: source.height, filter: filter) == source)
        }
    }

    @Test("a flat image stays flat at every size, in every box")
    func flat() {
        let source = DecodedImage(width: 37, height: 23, rgb: [UInt8](repeating: 201, count: 3 * 37 * 23))
        for size in [1, 2, 5, 16, 33, 64] {
            let box = SourceBox(x: 1.5, y: 2.25, width: 30.125, height: 17)
            let resized = resize(source, box: box, width: size, height: 65 - size)
            #expect(resized.rgb.allSatisfy { $0 == 201 })
        }
    }
}
