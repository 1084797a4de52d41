import Runtime

/// What names mean, in folders and archives alike. `docs/data.md` has the table.
enum SourceRules {
    /// Members, or extensions behind an image's name, that hold its captions; the first that is there counts. In any case.
    static let captionNames = ["captions.json", "txt", "text", "caption", "json"]
    /// Those that hold a text as it stands.
    static let textNames = ["txt", "text", "caption"]
    static let imageNames = StoredSample.imageNames

    /// Folders and files that systems and programs leave behind, and whatever is hidden.
    static func isPassedOver(component name: some StringProtocol) -> Bool {
        let name = name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
        if name.first == UInt8(ascii: "."), name != [46], name != [46, 46] { return true }
        return leftBehind.contains(name)
    }

    private static let leftBehind = ["__macosx", "thumbs.db", "desktop.ini"].map { Array($0.utf8) }

    /// Whether a part of the path is skipped.
    static func isPassedOver(path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/")).contains { isPassedOver(component: Substring($0)) }
    }

    /// A path in an archive without `.`, empty parts, and `..` as far as there is something before it.
    static func resolved(_ path: String) -> String {
        var parts: [Substring.UTF8View] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8), let last = parts.last, !last.elementsEqual("..".utf8) {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return parts.map { String(Substring($0)) }.joined(separator: "/")
    }

    /// Where a symbolic link in an archive leads.
    static func target(of link: String, _ target: String) -> String {
        if target.utf8.first == UInt8(ascii: "/") { return resolved(target) }
        let folder = link.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(link[..<$0]) + "/" } ?? ""
        return resolved(folder + target)
    }
}

/// Why something in a source becomes no sample, although nothing about it is broken.
public enum LeftOutReason: String, Sendable, Codable, CaseIterable {
    case hidden
    case captionWithoutImage = "caption_without_image"
    case linkToNothing = "link_to_nothing"
    case linkLoop = "link_loop"
    case special
    case other

    /// In words, for several of them.
    public var words: String {
        switch self {
        case .hidden: "hidden or left behind by a program"
        case .captionWithoutImage: "captions without an image"
        case .linkToNothing: "links to nothing in the archive"
        case .linkLoop: "links that lead back to a folder they lie in"
        case .special: "devices, pipes and sockets"
        case .other: "neither image nor text"
        }
    }
}

/// What was left out for one reason.
public struct LeftOut: Sendable, Equatable, Codable {
    /// Names kept for a report.
    static let exampleLimit = 10

    public var count = 0
    /// The first ones.
    public var examples: [String] = []

    mutating func add(_ path: String) {
        count += 1
        if examples.count < Self.exampleLimit { examples.append(path) }
    }
}
