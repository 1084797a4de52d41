/// A value as it was read or defaulted.
enum ResolvedValue {
    case null
    /// YAML text.
    case scalar(String)
    case list([ResolvedValue])
    case node(RecipeNode)

    /// Mappings directly below.
    var nodes: [RecipeNode] {
        switch self {
        case .node(let node): [node]
        case .list(let values): values.flatMap(\.nodes)
        case .null, .scalar: []
        }
    }
}

/// A run fully described: every value the program read, defaults included. Reading its `yaml` gives it again.
public struct ResolvedRecipe: Sendable, Equatable {
    /// A value that is not the same in two recipes; nil where one has no such key.
    public struct Change: Sendable, Equatable, CustomStringConvertible {
        public let path: String
        public let old: String?
        public let new: String?

        public var description: String { "\(path): \(old ?? "absent") → \(new ?? "absent")" }
    }

    /// What `recipe.resolved.yaml` holds.
    public let yaml: String
    /// Scalars by dotted path, in the order they were read.
    public let values: [String: String]
    private let order: [String]

    init(root: RecipeNode) {
        var lines: [String] = []
        var values: [(String, String)] = []
        ResolvedRecipe.write(root, indent: "", to: &lines)
        ResolvedRecipe.flatten(.node(root), path: "", into: &values)
        yaml = lines.map { $0 + "\n" }.joined()
        self.values = Dictionary(values) { $1 }
        order = values.map(\.0)
    }

    /// What changed from `old` to this recipe, in reading order, removals last.
    public func changes(from old: ResolvedRecipe) -> [Change] {
        let changed = order.filter { values[$0] != old.values[$0] }
        let removed = old.order.filter { values[$0] == nil }
        return (changed + removed).map { Change(path: $0, old: old.values[$0], new: values[$0]) }
    }

    private static func write(_ node: RecipeNode, indent: String, to lines: inout [String]) {
        for (key, value) in node.resolved {
            write(RecipeScalar.quoted(key) + ":", value, indent: indent, to: &lines)
        }
    }

    private static func write(_ label: String, _ value: ResolvedValue, indent: String, to lines: inout [String]) {
        switch value {
        case .null: lines.append("\(indent)\(label) null")
        case .scalar(let text): lines.append("\(indent)\(label) \(text)")
        case .node(let node) where node.resolved.isEmpty: lines.append("\(indent)\(label) {}")
        case .node(let node):
            lines.append(indent + label)
            write(node, indent: indent + "  ", to: &lines)
        case .list(let values) where values.isEmpty: lines.append("\(indent)\(label) []")
        case .list(let values) where values.allSatisfy(\.nodes.isEmpty):
            let texts = values.map { if case .scalar(let text) = $0 { text } else { "null" } }
            lines.append("\(indent)\(label) [\(texts.joined(separator: ", "))]")
        case .list(let values):
            lines.append(indent + label)
            for node in values.flatMap(\.nodes) {
                var block: [String] = []
                write(node, indent: "", to: &block)
                if block.isEmpty { block = ["{}"] }
                lines += block.enumerated().map { "\(indent)  \($0.offset == 0 ? "-" : " ") \($0.element)" }
            }
        }
    }

    private static func flatten(_ value: ResolvedValue, path: String, into values: inout [(String, String)]) {
        func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch value {
        case .null: break
        case .scalar(let text): values.append((path, text))
        case .list(let elements):
            for (index, element) in elements.enumerated() { flatten(element, path: below("\(index)"), into: &values) }
        case .node(let node):
            for (key, value) in node.resolved { flatten(value, path: below(key), into: &values) }
        }
    }
}
