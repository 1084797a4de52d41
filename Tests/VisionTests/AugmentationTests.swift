import Glibc
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

    @Test("views of an encoded image are views of the decoded one, in every format and orientation")
    func encoded() throws {
        var names = try Goldens.load().images.compactMap(\.file)
        names.append("")
        for name in names {
            // The last is tall enough for rows to be left out, and has chroma of half the height.
            let bytes = try name.isEmpty ? encodeJPEG(tall) : Goldens.bytes(name)
            let image = try decodeImage(bytes)
            for position in 0..<12 {
                let policies: [AugmentationPolicy] = position % 2 == 0 ? [.strong] : [.mild, .moderate]
                let wanted = policies.enumerated().map { (policy: $1, random: key(100 * $0 + position)) }
                let found = try views(ofEncoded: bytes, wanted, size: 9)
                #expect(found == wanted.map { augment(image, $0.policy, size: 9, random: $0.random) }, "\(name)")
            }
        }
    }

    @Test("rows above a crop that were never decoded change nothing, for every crop and subsampling of chroma")
    func skippedRows() throws {
        for keepsChroma in [false, true] {
            let bytes = try encodeJPEG(tall, quality: 80, keepsChroma: keepsChroma)
            let image = try decodeImage(bytes)
            let scratch = ImageScratch()
            for top in stride(from: 0, to: 390, by: 5) {
                try scratch.decode(bytes) { _, _ in top..<min(top + 23, 400) }
                let rows = scratch.picture.rows
                var found = [UInt8](repeating: 0, count: 3 * 50 * rows.count)
                found.withUnsafeMutableBufferPointer {
                    if let base = $0.baseAddress {
                        narrowPixels(scratch.picture.pixels, into: base, count: 50 * rows.count)
                    }
                }
                #expect(found == Array(image.rgb[3 * 50 * rows.lowerBound..<3 * 50 * rows.upperBound]), "\(rows)")
            }
        }
    }

    /// 50 × 400 pixels of slopes and edges.
    private var tall: DecodedImage {
        var rgb: [UInt8] = []
        for y in 0..<400 {
            for x in 0..<50 {
                rgb.append(UInt8(truncatingIfNeeded: y * 3 + x))
                rgb.append((x / 7 + y / 9) % 2 == 0 ? 20 : 220)
                rgb.append(UInt8(truncatingIfNeeded: x * y))
            }
        }
        return DecodedImage(width: 50, height: 400, rgb: rgb)
    }

    @Test("crops lie within the image, keep the asked share and aspect, and vary")
    func crops() {
        var stream = key(0).stream
        var corners: Set<[Double]> = []
        for _ in 0..<500 {
            let box = randomCrop(
                width: source.width, height: source.height, area: 0.2...1, aspect: 0.75...1.3333, &stream)
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

    @Test("areas of crops are uniform, aspects log-uniform, corners uniform over where the crop fits")
    func cropDistribution() {
        var stream = key(5).stream
        var (areas, aspects, places) = ([Double](), [Double](), [Double]())
        let count = 4000
        for _ in 0..<count {
            // Small crops of a large square always fit at the first attempt.
            let box = randomCrop(width: 4000, height: 4000, area: 0.2...0.5, aspect: 0.75...(4 / 3), &stream)
            areas.append((box.width * box.height / 16e6 - 0.2) / 0.3)
            let sixths = log(box.width / box.height) / log(4.0 / 3)
            aspects.append((sixths + 1) / 2)
            places.append(box.x / (4000 - box.width))
            places.append(box.y / (4000 - box.height))
        }
        // Kolmogorov and Smirnov's distance; 1.95 / √n is passed by one uniform sample in a thousand.
        #expect(distanceFromUniform(areas) < 1.95 / Double(count).squareRoot())
        #expect(distanceFromUniform(aspects) < 1.95 / Double(count).squareRoot())
        #expect(distanceFromUniform(places) < 1.95 / Double(2 * count).squareRoot())
    }

    @Test("an image too narrow for the aspect still gives the largest crop that fits")
    func narrow() {
        let line = DecodedImage(width: 100, height: 1, rgb: [UInt8](repeating: 9, count: 300))
        var stream = key(2).stream
        let box = randomCrop(width: 100, height: 1, area: 0.9...1, aspect: 0.75...1.3333, &stream)
        #expect(box.height == 1 && box.width == 1)
        #expect(augment(line, .strong, size: 8, random: key(3)).count == 192)
    }

    @Test("half the views are mirrored when the policy says half, and a mirror image is one")
    func mirrored() {
        let policy = AugmentationPolicy(flip: 0.5)
        let plain = augment(source, .none, size: 16, random: key(0))
        var mirror: [UInt8] = []
        for y in 0..<16 {
            for x in (0..<16).reversed() { mirror += plain[3 * (16 * y + x)..<3 * (16 * y + x + 1)] }
        }
        let views = (0..<1000).map { augment(source, policy, size: 16, random: key($0)) }
        let flipped = views.filter { $0 == mirror }.count
        #expect(views.allSatisfy { $0 == plain || $0 == mirror })
        // Four standard deviations.
        #expect(abs(flipped - 500) < 64, "\(flipped) of 1000 are mirrored")
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

/// The largest distance between the distribution of values in 0…1 and the uniform one.
func distanceFromUniform(_ values: [Double]) -> Double {
    let count = Double(values.count)
    return values.sorted().enumerated().map { rank, value in
        max(abs(value - Double(rank) / count), abs(Double(rank + 1) / count - value))
    }.max() ?? 1
}
