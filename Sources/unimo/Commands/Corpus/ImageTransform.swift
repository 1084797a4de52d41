import ArgumentParser
import Corpora
import Vision

/// What becomes of an image when it is packed: `keep`, `png`, or `jpeg:90`.
enum Reencoding: ExpressibleByArgument, Equatable {
    case keep
    case png
    case jpeg(quality: Int)

    init?(argument: String) {
        switch argument {
        case "keep": self = .keep
        case "png": self = .png
        case "jpeg": self = .jpeg(quality: 90)
        default:
            let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "jpeg", let quality = Int(parts[1]), (1...100).contains(quality) else {
                return nil
            }
            self = .jpeg(quality: quality)
        }
    }

    var defaultValueDescription: String { name }

    var name: String {
        switch self {
        case .keep: "keep"
        case .png: "png"
        case .jpeg(let quality): "jpeg:\(quality)"
        }
    }
}

/// Decodes each image, so that a broken one is found when it is packed; shrinks and encodes those that are to change.
struct ImageTransform: Sendable {
    var shorterSide: Int?
    var reencoding: Reencoding

    /// What it does, in words that change when its results do.
    var name: String { "shorter side \(shorterSide.map(String.init) ?? "any"), encoding \(reencoding.name)" }

    func callAsFunction(_ bytes: [UInt8]) throws -> [UInt8] {
        let image = try decodeImage(bytes)
        let smaller = shrunk(image)
        switch reencoding {
        case .keep: return try smaller.map { try encodePNG($0) } ?? bytes
        case .png: return try encodePNG(smaller ?? image)
        case .jpeg(let quality): return try encodeJPEG(smaller ?? image, quality: quality)
        }
    }

    /// The image with its shorter side as wanted; nil when it is not larger.
    private func shrunk(_ image: DecodedImage) -> DecodedImage? {
        guard let shorterSide, min(image.width, image.height) > shorterSide else { return nil }
        let scale = Double(shorterSide) / Double(min(image.width, image.height))
        func scaled(_ side: Int) -> Int { max(shorterSide, Int((Double(side) * scale).rounded())) }
        return resize(image, width: scaled(image.width), height: scaled(image.height))
    }
}
