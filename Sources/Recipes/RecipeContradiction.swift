public import Runtime

/// Parts of a recipe that are fine one by one and do not go together.
public struct RecipeContradiction: DiagnosedError, Equatable {
    public let description: String
    public var exitCode: ExitCode { .usage }

    init(_ description: String) { self.description = description }
}
