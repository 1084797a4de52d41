import FoundationEssentials
import Storage

extension PackItem {
    static let imageLimit = 256 << 20
    static let textLimit = 16 << 20

    /// Reads the sample's parts.
    func load(transform: PackOptions.ImageTransform?) throws -> StoredSample {
        try checkStatus()
        var sample = StoredSample(key: key, members: [])
        if let member = try imageMember(transform) { sample.members.append(member) }
        if let regions = try regionSet() { sample.members += regions.members }
        let texts = try captions()
        if let first = texts.first { sample.members.append(.init(name: "txt", bytes: Array(first.utf8))) }
        if texts.count > 1 { sample.members.append(CaptionList(texts).member) }
        sample.members += kept
        return sample
    }

    private func checkStatus() throws {
        let record: [UInt8]
        switch status {
        case .none: return
        case .file(let path): record = try InputFile.contents(of: path, limit: UInt64(Self.textLimit))
        case .inline(let found): record = found
        }
        if try Self.isFailure(record) { throw FailedDownload() }
    }

    /// Whether img2dataset's record says that the download failed.
    static func isFailure(_ bytes: [UInt8]) throws -> Bool {
        struct Record: Decodable { var status: String? }
        let record: Record
        let json = try json(bytes)
        do { record = try JSONDecoder().decode(Record.self, from: json) } catch {
            throw SampleRejection(
                description: "its json is no record of a download: \(JSONFault.summary(error, in: bytes))")
        }
        return record.status.map { $0 != "success" } ?? false
    }

    private func imageMember(_ transform: PackOptions.ImageTransform?) throws -> StoredSample.Member? {
        var bytes: [UInt8]
        switch image {
        case .none: return nil
        case .file(let path): bytes = try InputFile.contents(of: path, limit: UInt64(Self.imageLimit))
        case .inline(let found): bytes = found
        }
        _ = try Self.imageName(bytes)
        if let transform { bytes = try transform(bytes, imagePath) }
        return .init(name: try Self.imageName(bytes), bytes: bytes)
    }

    private var imagePath: String { if case .file(let path) = image { path } else { origin } }

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

    private func regionSet() throws -> RegionSet? {
        switch regions {
        case .none: nil
        case .row(let row): try stored(row.regions())
        case .archive(let path): try stored(RegionArchive.regions(path: path))
        case .members(let set): try stored(set)
        }
    }

    private func stored(_ regions: RegionSet) throws -> RegionSet {
        guard halvesFeatures else { return regions }
        let halved = regions.halved
        // A number beyond 65504 has no half.
        try halved.check()
        return halved
    }

    /// The texts without blanks at their ends.
    private func captions() throws -> [String] {
        switch text {
        case .none: []
        case .inline(let text): [try Self.checked(text)]
        case .captions(let texts): try Self.checked(texts)
        case .bytes(let bytes): [try Self.checked(try Self.text(bytes))]
        case .whole(let path): [try Self.checked(try Self.text(ofFile: path))]
        case .firstLine(let path): [try Self.checked(try Self.firstLine(of: path))]
        case .json(let path): try Self.captions(inJSON: try Self.contents(path))
        case .jsonBytes(let bytes): try Self.captions(inJSON: bytes)
        case .captionList(let bytes):
            try Self.captions(inList: bytes)
        case .captionFile(let path): try Self.captions(inList: try Self.contents(path))
        }
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        try InputFile.contents(of: path, limit: UInt64(textLimit))
    }

    /// A whole text of others.
    static func text(_ bytes: [UInt8], _ name: String = "the text") throws -> String {
        do { return try ForeignText.text(bytes) } catch { throw SampleRejection(description: "\(name): \(error)") }
    }

    private static func text(ofFile path: String) throws -> String { try text(try contents(path), path) }

    /// JSON of others, in UTF-8.
    static func json(_ bytes: [UInt8]) throws -> Data { Data(try text(bytes, "the JSON").utf8) }

    private static func captions(inList bytes: [UInt8]) throws -> [String] {
        let list = StoredSample.Member(name: CaptionList.memberName, bytes: Array(try json(bytes)))
        return try checked(try CaptionList(list).captions)
    }

    private static func firstLine(of path: String) throws -> String {
        let text = String(Substring(try text(ofFile: path).utf8.prefix { $0 != UInt8(ascii: "\n") }))
        // Translations follow as `language.utf8=text`: when one comes first, there is no caption of its own.
        if let equals = text.firstIndex(of: "="), text[..<equals].hasSuffix(".utf8") {
            throw SampleRejection(description: "the first line of \(path) is a translation, not a caption")
        }
        return text
    }

    private static func captions(inJSON bytes: [UInt8]) throws -> [String] {
        struct Record: Decodable {
            var caption: String?
            var captions: [String]?
            var text: String?
        }
        let record: Record
        let json = try json(bytes)
        do { record = try JSONDecoder().decode(Record.self, from: json) } catch {
            throw SampleRejection(description: "no JSON object with a caption: \(JSONFault.summary(error, in: bytes))")
        }
        if let several = record.captions { return try checked(several) }
        guard let text = record.caption ?? record.text else {
            throw SampleRejection(description: "the JSON object has no `caption`, `captions` or `text`")
        }
        return [try checked(text)]
    }

    /// Empty captions among several are left out; there must be one.
    private static func checked(_ texts: [String]) throws -> [String] {
        let kept = texts.map { TextLines.trimmed($0) }.filter { !$0.isEmpty }
        guard !kept.isEmpty else { throw SampleRejection(description: "there is no caption that is not empty") }
        return kept
    }

    private static func checked(_ text: String) throws -> String {
        let trimmed = TextLines.trimmed(text)
        guard !trimmed.isEmpty else { throw SampleRejection(description: "the text is empty") }
        return trimmed
    }
}
