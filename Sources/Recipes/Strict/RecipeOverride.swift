/// One `--set path.to.key=value`.
struct RecipeOverride {
    let text: String
    let path: [String]
    let value: RecipeTree

    private var origin: RecipeOrigin { .override(text) }

    init(_ text: String) throws {
        self.text = text
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !path.contains(where: \.isEmpty) else {
            throw RecipeError(
                origin: .override(text), path: "", reason: .override, problem: "expected path.to.key=value",
                remedy: "for example --set optimizer.learning_rate=1e-4")
        }
        value = try RecipeTree(yaml: String(parts[1])) { _ in .override(text) }
    }

    /// The tree with the value at the path put in place of what was there. Mappings on the way are made when absent;
    /// whether their keys mean anything is for the reader to say. Elements of lists are numbered from 0.
    func applied(to tree: RecipeTree) throws -> RecipeTree { try replaced(tree, depth: 0) }

    private func replaced(_ tree: RecipeTree?, depth: Int) throws -> RecipeTree {
        guard depth < path.count else { return value }
        let key = path[depth]
        switch tree?.content ?? .mapping([]) {
        case .mapping(var entries):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].value = try replaced(entries[index].value, depth: depth + 1)
                if depth == path.count - 1 { entries[index].origin = origin }
            } else {
                let child = try replaced(nil, depth: depth + 1)
                entries.append(RecipeTree.Entry(key: key, origin: origin, value: child))
            }
            return RecipeTree(content: .mapping(entries), origin: tree?.origin ?? origin)
        case .list(var elements):
            guard let index = Int(key), elements.indices.contains(index) else {
                throw fault(
                    depth, "expected an element number in 0..<\(elements.count), found \(key)",
                    "elements of lists are numbered from 0")
            }
            elements[index] = try replaced(elements[index], depth: depth + 1)
            return RecipeTree(content: .list(elements), origin: tree?.origin ?? origin)
        case .scalar:
            guard tree?.isNull ?? true else {
                throw fault(depth, "has no keys: it is \(tree?.summary ?? "nothing")", "set the value itself")
            }
            return try replaced(nil, depth: depth)
        }
    }

    private func fault(_ depth: Int, _ problem: String, _ remedy: String) -> RecipeError {
        RecipeError(
            origin: origin, path: path[..<depth].joined(separator: "."), reason: .override, problem: problem,
            remedy: remedy)
    }
}
