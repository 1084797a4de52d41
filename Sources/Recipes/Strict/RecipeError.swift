public import Runtime

/// Where a value of a recipe was written.
public enum RecipeOrigin: Sendable, Equatable, CustomStringConvertible {
    /// Line numbers count from 1.
    case file(path: String, line: Int)
    /// An argument of `--set`, as given.
    case override(String)

    var isOverride: Bool { if case .override = self { true } else { false } }

    public var description: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .override(let text): "--set \(text)"
        }
    }
}

/// A fault in a recipe: where it was written, its dotted path, what was expected and found, what to do.
public struct RecipeError: DiagnosedError, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The file could not be opened or read, or is too large.
        case unreadable
        /// Not YAML.
        case syntax
        case duplicateKey
        case unknownKey
        case missingKey
        /// Wrong type, out of range, not one of the allowed names, or at odds with another value.
        case value
        /// `extends` leads back to a file that is being read.
        case cycle
        /// An argument of `--set` that names no place.
        case override
    }

    public let origin: RecipeOrigin
    /// Dotted, for example `optimizer.betas` or `mixture.0.weight`; empty at the root.
    public let path: String
    public let reason: Reason
    public let problem: String
    public let remedy: String

    public init(origin: RecipeOrigin, path: String, reason: Reason, problem: String, remedy: String) {
        self.origin = origin
        self.path = path
        self.reason = reason
        self.problem = problem
        self.remedy = remedy
    }

    public var exitCode: ExitCode { .usage }

    public var description: String {
        "\(origin): " + (path.isEmpty ? "" : "\(path): ") + problem + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}
