import Foundation

@testable import Vision

/// What Pillow made of the images beside this file (`tools/reference/images.py`).
struct Goldens: Decodable {
    struct Pixels: Decodable {
        var file: String?
        var filter: String?
        var box: [Double]?
        var operations: [String]?
        var amounts: [Double]?
        let width: Int
        let height: Int
        let rgb: Data

        var image: DecodedImage { DecodedImage(width: width, height: height, rgb: Array(rgb)) }
    }

    let images: [Pixels]
    let source: Pixels
    let resizes: [Pixels]
    let jitters: [Pixels]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

    static func load() throws -> Goldens {
        try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: folder.appendingPathComponent("goldens.json")))
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

/// The largest difference of a channel value.
func difference(_ left: DecodedImage, _ right: DecodedImage) -> Int {
    zip(left.rgb, right.rgb).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
