import Storage

/// A sample that is still to be read: where its parts are.
struct PackItem: Sendable {
    /// Text that comes with an image or stands alone.
    enum Text: Sendable {
        case none
        case inline(String)
        /// The first line of a file.
        case firstLine(ofFile: String)
    }

    /// For messages: file and line.
    var origin: String
    /// Already safe for the naming rule.
    var key: String
    var imagePath: String?
    var text = Text.none

    /// A rough size, by which work is dealt out.
    var weight: Int {
        guard imagePath == nil, case .inline(let text) = text else { return 512 << 10 }
        return text.utf8.count + 1024
    }
}

/// What a walk over the sources meets.
enum PackEvent: Sendable {
    case item(PackItem)
    case rejected(RejectedSource)
    /// An image without a caption file.
    case unpaired(String)
}

/// Why a sample can't be packed.
struct SampleRejection: Error, CustomStringConvertible {
    let description: String
}

extension PackItem {
    private static let imageLimit: UInt64 = 256 << 20
    static let textLimit: UInt64 = 16 << 20

    /// Reads the sample's parts.
    func load(transform: PackOptions.ImageTransform?) throws -> StoredSample {
        var sample = StoredSample(key: key, members: [])
        if let imagePath {
            var bytes = try InputFile.contents(of: imagePath, limit: Self.imageLimit)
            _ = try Self.imageName(bytes)
            if let transform { bytes = try transform(bytes, imagePath) }
            sample.members.append(.init(name: try Self.imageName(bytes), bytes: bytes))
        }
        switch text {
        case .none: break
        case .inline(let text): sample.members.append(.init(name: "txt", bytes: try Self.checked(text)))
        case .firstLine(let path):
            sample.members.append(.init(name: "txt", bytes: try Self.checked(try Self.firstLine(of: path))))
        }
        return sample
    }

    /// The member name of an image, told by its first bytes.
    private static func imageName(_ bytes: [UInt8]) throws -> String {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "jpg" }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            return "webp"
        }
        throw SampleRejection(
            description: bytes.isEmpty ? "the file is empty" : "the file is no PNG, JPEG or WebP image")
    }

    private static func firstLine(of path: String) throws -> String {
        let bytes = try InputFile.contents(of: path, limit: textLimit)
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw SampleRejection(description: "\(path) is not UTF-8")
        }
        // Translations follow as `language.utf8=text`: when one comes first, there is no caption of its own.
        if let equals = text.firstIndex(of: "="), text[..<equals].hasSuffix(".utf8") {
            throw SampleRejection(description: "the first line of \(path) is a translation, not a caption")
        }
        return text
    }

    private static func checked(_ text: String) throws -> [UInt8] {
        let trimmed = TextLines.trimmed(text)
        guard !trimmed.isEmpty else { throw SampleRejection(description: "the text is empty") }
        return Array(trimmed.utf8)
    }
}
