public import Runtime

/// Why bytes could not be made an image. The caller knows which file or sample they came from and adds it.
public enum ImageError: DiagnosedError, Equatable {
    /// The first bytes are of no format read here.
    case unknownFormat(firstBytes: [UInt8])
    /// The format is right but its content is cut or damaged; `reason` is the decoder's.
    case damaged(ImageFormat, reason: String)
    /// A valid variant that is not read, such as an animation.
    case unsupported(ImageFormat, feature: String)
    /// More pixels than `limit`.
    case tooLarge(ImageFormat, width: Int, height: Int, limit: Int)
    /// The encoder gave up; `reason` is its own.
    case notEncoded(ImageFormat, reason: String)

    public var exitCode: ExitCode { .data }

    public var description: String {
        switch self {
        case .unknownFormat(let bytes):
            let found =
                bytes.isEmpty ? "no bytes" : "first bytes " + bytes.map { hexadecimal($0) }.joined(separator: " ")
            return "image at byte 0: expected PNG, JPEG or WebP, found \(found); convert or remove it"
        case .damaged(let format, let reason):
            return "\(format.rawValue) image: expected a complete file, found damage (\(reason)); replace or remove it"
        case .unsupported(let format, let feature):
            return "\(format.rawValue) image: expected a still image, found \(feature); convert or remove it"
        case .tooLarge(let format, let width, let height, let limit):
            return "\(format.rawValue) image: expected at most \(limit) pixels, found \(width) × \(height); shrink it"
        case .notEncoded(let format, let reason):
            return "\(format.rawValue) image: expected to be written, found \(reason); shrink it or free memory"
        }
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
