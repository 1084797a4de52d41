extension RecipeNode {
    /// A fault of the value of a key, for checks that the types don't make (two values at odds with each other).
    public func fault(_ key: String, expected: String, remedy: String) -> RecipeError {
        let entry = entry(key)
        return RecipeError(
            origin: entry?.value.origin ?? origin, path: path(of: key), reason: .value,
            problem: "expected \(expected), found \(entry?.value.summary ?? resolvedText(key) ?? "nothing")",
            remedy: remedy)
    }

    /// Refuses a key that is fine by itself and means nothing beside another.
    func refuse(_ key: String, beside other: String, remedy: String) throws {
        tolerate(key)
        guard let entry = entry(key) else { return }
        let another = self.entry(other)
        let place = another.map { " (\($0.value.origin))" } ?? ""
        var remedy = remedy
        // `--set` can't take a line out of a file, but null is the same as leaving the key out.
        if let another, another.value.origin.isOverride != entry.value.origin.isOverride {
            remedy += ", for example by --set \(path(of: entry.value.origin.isOverride ? other : key))=null"
        }
        throw fault(key, expected: "no \(key) beside \(other)\(place)", remedy: remedy)
    }

    /// Refuses a key that means nothing without another.
    func refuse(_ key: String, without other: String, remedy: String) throws {
        if has(key), !has(other) { throw fault(key, expected: "\(other) beside \(key)", remedy: remedy) }
    }

    private func resolvedText(_ key: String) -> String? {
        guard case .scalar(let text) = resolved.first(where: { $0.key == key })?.value else { return nil }
        return "\(text) (the default)"
    }

    func wrong(_ key: String, _ entry: RecipeTree.Entry, expected: String) -> RecipeError {
        var remedy = ""
        if case .scalar(let text, let isQuoted) = entry.value.content {
            if isQuoted && !expected.hasPrefix("a string") { remedy = "remove the quotes" }
            if expected == "true or false" && ["yes", "on", "True", "TRUE"].contains(text) { remedy = "write true" }
            if expected == "true or false" && ["no", "off", "False", "FALSE"].contains(text) { remedy = "write false" }
            if expected.hasPrefix("a duration") && Double(text) != nil { remedy = "add the unit, as in \(text)s" }
        }
        return RecipeError(
            origin: entry.value.origin, path: path(of: key), reason: .value,
            problem: "expected \(expected), found \(entry.value.summary)", remedy: remedy)
    }

    func missing(_ key: String, expected: String) -> RecipeError {
        if let empty = entries.first(where: { $0.key == key }) {
            return RecipeError(
                origin: empty.value.origin, path: path(of: key), reason: .missingKey,
                problem: "expected \(expected), found nothing", remedy: "write a value, or leave --set of it out")
        }
        let asked = Set(resolved.map(\.key))
        let unclaimed = entries.filter { !asked.contains($0.key) }
        let place = path.isEmpty ? "the top level" : path
        var remedy = "add it under \(place)"
        if let near = Spelling.nearest(to: key, among: unclaimed.map(\.key)),
            let entry = unclaimed.first(where: { $0.key == near })
        {
            remedy = "is \(near) at \(entry.origin) meant?"
        }
        return RecipeError(
            origin: origin, path: path, reason: .missingKey, problem: "key \(key) is missing (\(expected))\(kindSet)",
            remedy: remedy)
    }

    /// Refuses keys of this mapping, and of the mappings read from it, that nobody asked for.
    public func done() throws {
        var places: [(key: String, path: String)] = []
        collectKeys(into: &places)
        try refuseUnknown(places)
    }

    private func collectKeys(into places: inout [(key: String, path: String)]) {
        for (key, value) in resolved {
            places.append((key, path(of: key)))
            for node in value.nodes { node.collectKeys(into: &places) }
        }
    }

    /// A kind that `--set` has put in place of the one that the keys were written for.
    private var kindSet: String {
        guard let kind = entry("kind"), kind.value.origin.isOverride else { return "" }
        return " where kind is \(kind.value.summary) (\(kind.value.origin))"
    }

    private func refuseUnknown(_ places: [(key: String, path: String)]) throws {
        let known = resolved.map(\.key)
        for entry in entries where !known.contains(entry.key) {
            if tolerated.contains(entry.key), entry.value.isNull { continue }
            let remedy: String
            if let near = Spelling.nearest(to: entry.key, among: known) {
                remedy = "did you mean \(near)?"
            } else if let elsewhere = places.first(where: { $0.key == entry.key }) {
                remedy = "did you mean \(elsewhere.path)?"
            } else if known.isEmpty {
                remedy = "no keys are known here"
            } else {
                remedy = "known here: \(known.sorted().joined(separator: ", "))"
            }
            throw RecipeError(
                origin: entry.origin, path: path(of: entry.key), reason: .unknownKey, problem: "unknown key\(kindSet)",
                remedy: remedy)
        }
        for (_, value) in resolved { for node in value.nodes { try node.refuseUnknown(places) } }
    }
}

/// Nearest names.
enum Spelling {
    /// Characters of a word that is looked up: no key is longer, and the work grows by their square.
    private static let longest = 64

    /// The candidate that takes the fewest edits, when that is at most a third of the word (and at least one).
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let length = word.count
        guard length <= longest else { return nil }
        let limit = max(1, length / 3)
        let near = candidates.filter { abs($0.count - length) <= limit }
        let distances = near.map { (name: $0, distance: distance(Array(word), Array($0))) }
        return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
    }

    /// Edits by insertion, deletion, replacement or swapping neighbours.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
