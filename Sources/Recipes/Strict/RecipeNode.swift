/// A mapping of a recipe, read key by key. Remembers which keys were asked for and what they came to.
///
/// Readers named after a type trap when the same key is asked for as a different kind of thing; a key that is absent or
/// `null` takes the default, or is an error where there is none.
public final class RecipeNode {
    /// Dotted; empty at the root.
    public let path: String
    /// Where the mapping begins.
    public let origin: RecipeOrigin
    let entries: [RecipeTree.Entry]
    /// Keys asked for, in order, with what they came to.
    private(set) var resolved: [(key: String, value: ResolvedValue)] = []

    /// Keys that may be there as null: `--set` takes away so what the file says.
    private(set) var tolerated: Set<String> = []

    init(tree: RecipeTree?, origin: RecipeOrigin, path: String) {
        self.origin = origin
        self.path = path
        if case .mapping(let entries) = tree?.content { self.entries = entries } else { entries = [] }
    }

    /// The dotted path of a key.
    public func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Whether the key is present and not null. Does not count as asking for it.
    public func has(_ key: String) -> Bool { entry(key) != nil }

    /// Keys as written, in order.
    public var keys: [String] { entries.map(\.key) }

    /// Where the value at a path was written; nil where there is none. Does not count as asking for it.
    func origin(of path: [String]) -> RecipeOrigin? {
        var (entries, origin): ([RecipeTree.Entry], RecipeOrigin?) = (entries, nil)
        for key in path {
            guard let entry = entries.first(where: { $0.key == key }) else { return nil }
            origin = entry.value.origin
            if case .mapping(let inner) = entry.value.content { entries = inner } else { entries = [] }
        }
        return origin
    }

    func entry(_ key: String) -> RecipeTree.Entry? { entries.first { $0.key == key && !$0.value.isNull } }

    func tolerate(_ key: String) { tolerated.insert(key) }

    func record(_ key: String, _ value: ResolvedValue) {
        if let index = resolved.firstIndex(where: { $0.key == key }) {
            resolved[index].value = value
        } else {
            resolved.append((key, value))
        }
    }

    /// The mapping that was handed out for this key before: asking again must not forget what was asked of it.
    private func known(_ key: String) -> RecipeNode? {
        guard case .node(let node) = resolved.first(where: { $0.key == key })?.value else { return nil }
        return node
    }

    // MARK: Nested

    /// A mapping that must be there.
    public func child(_ key: String) throws -> RecipeNode {
        guard let node = try optionalChild(key) else { throw missing(key, expected: "a mapping") }
        return node
    }

    /// A mapping whose keys all have defaults: absent is the same as empty.
    public func section(_ key: String) throws -> RecipeNode {
        if let node = known(key) { return node }
        if let node = try optionalChild(key) { return node }
        let node = RecipeNode(tree: nil, origin: origin, path: path(of: key))
        record(key, .node(node))
        return node
    }

    /// A mapping, or nil when the key is absent.
    public func optionalChild(_ key: String) throws -> RecipeNode? {
        if let node = known(key) { return node }
        record(key, .null)
        guard let entry = entry(key) else { return nil }
        guard case .mapping = entry.value.content else { throw wrong(key, entry, expected: "a mapping") }
        let node = RecipeNode(tree: entry.value, origin: entry.origin, path: path(of: key))
        record(key, .node(node))
        return node
    }

    /// A list of mappings, with at least `minimum` elements.
    public func list(_ key: String, minimum: Int = 1) throws -> [RecipeNode] {
        let expected =
            "a list of \(minimum == 0 ? "mappings" : "at least \(minimum) mapping\(minimum == 1 ? "" : "s")")"
        record(key, .list([]))
        guard let entry = entry(key) else {
            guard minimum == 0 else { throw missing(key, expected: expected) }
            return []
        }
        guard case .list(let elements) = entry.value.content, elements.count >= minimum else {
            throw wrong(key, entry, expected: expected)
        }
        let nodes = try elements.enumerated().map { index, element in
            guard case .mapping = element.content else {
                let place = RecipeTree.Entry(key: key, origin: element.origin, value: element)
                throw wrong("\(key).\(index)", place, expected: "a mapping")
            }
            return RecipeNode(tree: element, origin: element.origin, path: path(of: "\(key).\(index)"))
        }
        record(key, .list(nodes.map { .node($0) }))
        return nodes
    }

    /// A mapping whose keys are names chosen by the recipe, each with a mapping below it, in order.
    public func named(_ key: String) throws -> [(name: String, node: RecipeNode)] {
        guard let parent = try optionalChild(key) else {
            throw missing(key, expected: "a mapping of names to mappings")
        }
        return try parent.entries.map { ($0.key, try parent.child($0.key)) }
    }

    // MARK: Scalars

    /// Reads a scalar.
    /// - Parameters:
    ///   - expected: completes "expected …".
    ///   - parse: nil when the text isn't what is expected.
    ///   - write: YAML for the resolved recipe.
    func scalar<Value>(
        _ key: String, expected: String, default fallback: Value?, parse: (String, _ isQuoted: Bool) -> Value?,
        write: (Value) -> String
    ) throws -> Value {
        let value: Value? = try optionalScalar(key, expected: expected, parse: parse, write: write)
        guard let result = value ?? fallback else { throw missing(key, expected: expected) }
        record(key, .scalar(write(result)))
        return result
    }

    func optionalScalar<Value>(
        _ key: String, expected: String, parse: (String, _ isQuoted: Bool) -> Value?, write: (Value) -> String
    ) throws -> Value? {
        record(key, .null)
        guard let entry = entry(key) else { return nil }
        guard case .scalar(let text, let isQuoted) = entry.value.content, let value = parse(text, isQuoted) else {
            throw wrong(key, entry, expected: expected)
        }
        record(key, .scalar(write(value)))
        return value
    }

    /// Reads a list of scalars.
    func scalars<Value>(
        _ key: String, expected: String, count: Int?, default fallback: [Value]?,
        parse: (String, _ isQuoted: Bool) -> Value?, write: (Value) -> String
    ) throws -> [Value] {
        let expected = "a list of \(count.map { "\($0) " } ?? "")\(expected)"
        record(key, .null)
        guard let entry = entry(key) else {
            guard let fallback else { throw missing(key, expected: expected) }
            record(key, .list(fallback.map { .scalar(write($0)) }))
            return fallback
        }
        guard case .list(let elements) = entry.value.content, count == nil || count == elements.count else {
            throw wrong(key, entry, expected: expected)
        }
        let values = try elements.enumerated().map { index, element in
            guard case .scalar(let text, let isQuoted) = element.content, let value = parse(text, isQuoted) else {
                let place = RecipeTree.Entry(key: key, origin: element.origin, value: element)
                throw wrong("\(key).\(index)", place, expected: "one of \(expected)")
            }
            return value
        }
        record(key, .list(values.map { .scalar(write($0)) }))
        return values
    }
}
