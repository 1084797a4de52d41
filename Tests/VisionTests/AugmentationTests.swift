import Runtime
import Testing

@testable import Vision

@Suite struct AugmentationTests {
    let source: DecodedImage

    init() throws { source = try Goldens.load().source.image }

    private func key(_ position: Int) -> RandomKey {
        RandomKey(seed: 11, batch: 3, position: position, purpose: .augmentation(view: 0))
    }

    @Test("no augmentation is a plain resize")
    func none() {
        let pixels = augment(source, .none, size: 20, random: key(0))
        #expect(pixels == resize(source, width: 20, height: 20).rgb)
    }

    @Test("a view depends on its random key and on nothing else")
    func pure() {
        let first = augment(source, .strong, size: 24, random: key(0))
        #expect(augment(source, .strong, size: 24, random: key(0)) == first)
        #expect(augment(source, .strong, size: 24, random: key(1)) != first)
    }

    @Test("crops lie within the image, keep the asked share and aspect, and vary")
    func crops() {
        var stream = key(0).stream
        var corners: Set<[Double]> = []
        for _ in 0..<500 {
            let box = randomCrop(of: source, area: 0.2...1, aspect: 0.75...1.3333, &stream)
            #expect(box.x >= 0 && box.y >= 0)
            #expect(box.x + box.width <= Double(source.width) && box.y + box.height <= Double(source.height))
            let share = box.width * box.height / Double(source.width * source.height)
            // Sides are rounded to whole pixels.
            #expect(share > 0.18 && share <= 1)
            #expect(box.width / box.height > 0.70 && box.width / box.height < 1.42)
            corners.insert([box.x, box.y])
        }
        #expect(corners.count > 100)
    }

    @Test("an image too narrow for the aspect still gives the largest crop that fits")
    func narrow() {
        let line = DecodedImage(width: 100, height: 1, rgb: [UInt8](repeating: 9, count: 300))
        var stream = key(2).stream
        let box = randomCrop(of: line, area: 0.9...1, aspect: 0.75...1.3333, &stream)
        #expect(box.height == 1 && box.width == 1)
        #expect(augment(line, .strong, size: 8, random: key(3)).count == 192)
    }

    @Test("mirroring twice gives the image back")
    func mirrored() {
        var pixels = source.rgb
        mirror(&pixels, width: source.width)
        #expect(Array(pixels.prefix(3)) == Array(source.rgb[3 * (source.width - 1)..<3 * source.width]))
        mirror(&pixels, width: source.width)
        #expect(pixels == source.rgb)
    }

    @Test("jitter keeps grey pixels grey under hue and saturation, and grey images have equal channels")
    func jitter() {
        var hue = ColourMatrix.identity
        hue.turnHue(by: 0.3)
        hue.saturate(by: 1.7)
        var grey = [UInt8](repeating: 77, count: 12)
        hue.apply(to: &grey)
        #expect(grey.allSatisfy { $0 == 77 })
        var pixels = source.rgb
        var colourless = ColourMatrix.identity
        colourless.saturate(by: 0)
        colourless.apply(to: &pixels)
        #expect(stride(from: 0, to: pixels.count, by: 3).allSatisfy { pixels[$0] == pixels[$0 + 2] })
        var still = source.rgb
        ColourMatrix.identity.apply(to: &still)
        #expect(still == source.rgb)
    }

    @Test("about as many strong views are grey as the policy says")
    func greyShare() {
        let count = 600
        let grey = (0..<count).filter { position in
            let pixels = augment(source, .strong, size: 6, random: key(position))
            return stride(from: 0, to: pixels.count, by: 3).allSatisfy { pixels[$0] == pixels[$0 + 1] }
        }.count
        #expect(grey > 84 && grey < 156, "\(grey) of \(count) are grey, 120 expected")
    }
}
