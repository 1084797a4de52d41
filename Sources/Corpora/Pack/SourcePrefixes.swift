import Runtime
import Storage

/// What the keys of each source begin with, where several are packed together: its name, and as many of the folders above
/// it as tell it from the others (`a/train` and `b/train`).
enum SourcePrefixes {
    /// One for each source, in their order, ending with a slash; empty for a source alone.
    static func prefixes(of sources: [String]) throws(CorpusError) -> [String] {
        guard sources.count > 1 else { return [""] }
        var parts = sources.map { Parts($0) }
        while let equal = firstEqual(parts) {
            let before = equal.map { parts[$0].prefix }
            // All that have the name get the next folder, so that the order of the sources does not matter.
            for index in equal { parts[index].lengthen() }
            guard zip(before, equal).contains(where: { ByteText($0) != ByteText(parts[$1].prefix) }) else {
                throw .equalSources(sources[equal[0]], sources[equal[1]])
            }
        }
        return parts.map { $0.prefix + "/" }
    }

    /// The sources that share the first name that several have.
    private static func firstEqual(_ parts: [Parts]) -> [Int]? {
        let names = parts.map { ByteText($0.prefix) }
        for (index, name) in names.enumerated() {
            let equal = names.indices.filter { names[$0] == name }
            if equal.count > 1 && equal[0] == index { return equal }
        }
        return nil
    }

    private struct Parts {
        private var above: [String]
        private var shown: [String]
        /// The name with the extensions that are left out at first.
        private var full: String?

        init(_ path: String) {
            let place = Directory.resolved(path) ?? path
            let isFolder = Directory.kind(of: path) == .directory
            // The name is the one that was given; the folders above are looked up only where they are needed.
            let name = Directory.name(of: path)
            let isNamed = ![".", "..", "/"].contains(name)
            let own = isNamed ? name : Directory.name(of: place)
            above = Directory.parent(of: place).utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
            shown = [isFolder ? own : FileFormat.stem(own)]
            full = isFolder || shown[0].utf8.count == own.utf8.count ? nil : own
        }

        /// As it stands in keys.
        var prefix: String { SampleName.key(from: shown.joined(separator: "/")) }

        mutating func lengthen() {
            if let parent = above.popLast() {
                shown.insert(parent, at: 0)
            } else if let full {
                // Nothing but the extension tells them apart.
                shown[shown.count - 1] = full
                self.full = nil
            }
        }
    }
}
