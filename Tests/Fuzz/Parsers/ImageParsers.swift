import Runtime
import Vision

@testable import Corpora

extension FuzzParser {
    static let images = [
        FuzzParser("png", maxLength: 8192, seeds: { try files(pngs) }, read: { bytes, _ in try decode(bytes) }),
        FuzzParser("jpeg", maxLength: 8192, seeds: { try files(jpegs) }, read: { bytes, _ in try decode(bytes) }),
        FuzzParser("webp", maxLength: 8192, seeds: { try files(webps) }, read: { bytes, _ in try decode(bytes) }),
        FuzzParser("ppm", seeds: pixmapSeeds) { bytes, _ in
            let image = try PortablePixmap.decode(bytes)
            try promise(image.rgb.count == 3 * image.width * image.height, "\(image.width) × \(image.height)")
        },
    ]

    /// Larger images differ from smaller ones by the time they take; their headers are read all the same.
    private static let pixelLimit = 1 << 18

    private static func decode(_ bytes: [UInt8]) throws {
        let header = try ImageHeader(of: bytes)
        guard header.width * header.height <= pixelLimit else { return }
        let image = try decodeImage(bytes)
        try promise(image.width * image.height == header.width * header.height, "\(header)")
        let key = RandomKey(seed: 1, purpose: .augmentation(view: 0))
        let found = try views(ofEncoded: bytes, [(.strong, key), (.none, key)], size: 12)
        try promise(found.allSatisfy { $0.count == 3 * 12 * 12 }, "views of other sizes")
        // Only the rows that one view looks at.
        _ = try views(ofEncoded: bytes, [(.mild, key)], size: 5)
    }

    private static let pngs = [
        "bits.png", "gamma.png", "grey-2.png", "grey-alpha.png", "grey-clear-alpha.png", "interlaced-rgba.png",
        "palette-4.png", "palette-alpha.png", "rgb-clear-alpha.png", "turned.png", "wide-grey-alpha.png", "wide.png",
    ]
    private static let jpegs = [
        "cmyk.jpg", "grey.jpg", "half.jpg", "progressive.jpg", "restarts.jpg", "rgb.jpg", "turned-6.jpg", "ycck.jpg",
    ]
    private static let webps = ["lossless-alpha.webp", "lossy.webp", "turned.webp"]

    private static func files(_ names: [String]) throws -> [Seed] {
        try names.map { Seed($0, try SeedBytes.file("VisionTests/Goldens/" + $0)) }
    }

    private static func pixmapSeeds() -> [Seed] {
        [
            Seed("two", PortablePixmap.encode(DecodedImage(width: 2, height: 1, rgb: [1, 2, 3, 4, 5, 6]))),
            Seed("huge", "P6 999999999 999999999 255\n"), Seed("deep", "P6\n1 1\n65535\n123456"),
        ]
    }
}
