/// YAML with the place of every key and value, so that merging files and overrides loses no place.
struct RecipeTree: Equatable {
    struct Entry: Equatable {
        var key: String
        /// Where the key was written.
        var origin: RecipeOrigin
        var value: RecipeTree
    }

    enum Content: Equatable {
        /// `isQuoted` scalars are strings whatever they look like.
        case scalar(String, isQuoted: Bool)
        case list([RecipeTree])
        case mapping([Entry])
    }

    var content: Content
    var origin: RecipeOrigin

    /// `null`, `~` or nothing: the same as leaving the key out.
    var isNull: Bool {
        guard case .scalar(let text, isQuoted: false) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// What was found, for messages.
    var summary: String {
        switch content {
        case .scalar(let text, let isQuoted):
            if isNull { return "nothing" }
            let kept = text.count > 60 ? text.prefix(60) + "…" : text[...]
            return isQuoted ? "the string \"\(kept)\"" : "\(kept)"
        case .list(let elements): return elements.isEmpty ? "an empty list" : "a list of \(elements.count)"
        case .mapping: return "a mapping"
        }
    }

    /// This tree with `overlay` laid over it: mappings merge key by key, everything else is replaced. Two mappings of
    /// different `kind` have different keys, so the overlay replaces the base instead.
    func merged(with overlay: RecipeTree) -> RecipeTree {
        guard case .mapping(var entries) = content, case .mapping(let added) = overlay.content else { return overlay }
        if let old = kind, let new = overlay.kind, old != new { return overlay }
        for entry in added {
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                let value = entries[index].value.merged(with: entry.value)
                entries[index] = Entry(key: entry.key, origin: entry.origin, value: value)
            } else {
                entries.append(entry)
            }
        }
        return RecipeTree(content: .mapping(entries), origin: overlay.origin)
    }

    private var kind: String? {
        guard case .mapping(let entries) = content,
            case .scalar(let text, _) = entries.first(where: { $0.key == "kind" })?.value.content
        else { return nil }
        return text
    }

    /// Takes the entry `key` out of a mapping.
    mutating func remove(_ key: String) -> Entry? {
        guard case .mapping(var entries) = content, let index = entries.firstIndex(where: { $0.key == key }) else {
            return nil
        }
        defer { content = .mapping(entries) }
        return entries.remove(at: index)
    }
}
