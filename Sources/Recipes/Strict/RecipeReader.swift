/// Opens a recipe: reads the file, lays it over what it `extends`, applies the overrides, and hands out `root`.
///
/// A reader asks for each key by name and type, and ends with `finish()`, which refuses keys that nobody asked for and
/// returns every value that was read, defaults included.
/// ```swift
/// let reader = try RecipeReader(file: "recipes/debug.yaml", overrides: ["optimizer.learning_rate=1e-3"])
/// let steps = try reader.root.integer("steps", in: 1...10_000_000)
/// let optimizer = try reader.root.section("optimizer")
/// let rate = try optimizer.number("learning_rate", in: .positive, default: 1e-4)
/// let resolved = try reader.finish()
/// ```
public struct RecipeReader {
    public let root: RecipeNode
    /// The file the recipe was read from.
    public let file: String

    /// - Parameters:
    ///   - overrides: arguments of `--set`, in order; later ones win.
    public init(file: String, overrides: [String] = []) throws {
        var tree = try RecipeSource.load(file)
        for override in overrides { tree = try RecipeOverride(override).applied(to: tree) }
        self.file = file
        root = RecipeNode(tree: tree, origin: tree.origin, path: "")
    }

    /// A recipe from memory, for tests and for the resolved text of a checkpoint. `extends` is unknown in it.
    public init(text: String, name: String, overrides: [String] = []) throws {
        var tree = try RecipeTree(yaml: text) { .file(path: name, line: $0) }
        for override in overrides { tree = try RecipeOverride(override).applied(to: tree) }
        file = name
        root = RecipeNode(tree: tree, origin: tree.origin, path: "")
    }

    /// Refuses keys that were not asked for.
    /// - Returns: the run, fully described.
    public func finish() throws -> ResolvedRecipe {
        try root.done()
        return ResolvedRecipe(root: root)
    }
}
