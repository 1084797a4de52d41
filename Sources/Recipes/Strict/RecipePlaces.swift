import Runtime

/// Where a recipe names files and directories: what is wrong with one is said with the line that names it.
struct RecipePlaces: Sendable {
    private let origins: [String: RecipeOrigin]

    init(_ root: RecipeNode, corpora: [String]) {
        var origins: [String: RecipeOrigin] = [:]
        for path in [["init"], ["tokenizer", "directory"], ["loader", "stage"]]
            + corpora.map({ ["corpora", $0, "directory"] })
        {
            origins[path.joined(separator: ".")] = root.origin(of: path)
        }
        self.origins = origins
    }

    /// Runs `body`, which opens what the key at `path` names.
    func named<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as any DiagnosedError {
            guard let origin = origins[path] else { throw error }
            throw PlacedFault(origin: origin, path: path, error: error)
        }
    }
}

/// A fault of what a recipe names.
struct PlacedFault: DiagnosedError {
    let origin: RecipeOrigin
    /// Dotted.
    let path: String
    let error: any DiagnosedError

    var exitCode: ExitCode { error.exitCode }
    var description: String { "\(origin): \(path): \(error)" }
}
