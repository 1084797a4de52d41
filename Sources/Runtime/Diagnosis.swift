/// How a process ends, for scripts and supervisors.
public enum ExitCode: Int32, Sendable {
    case done = 0
    /// Wrong command line or recipe.
    case usage = 2
    /// A corpus, tokenizer or sample could not be read.
    case data = 3
    case checkpoint = 4
    /// A peer rank or the transport failed.
    case transport = 5
    /// Non-finite numbers beyond the budget.
    case numbers = 6
    /// Stopped on request after saving: start again to go on.
    case stopped = 75
}

/// An error of the world (a file, a recipe, a peer) as its reader needs it: where, what was expected, what was found,
/// what to do.
public protocol DiagnosedError: Error, CustomStringConvertible {
    var exitCode: ExitCode { get }
}

/// A fault located in a file.
public struct FileFault: Sendable, Equatable, CustomStringConvertible {
    public var path: String
    /// Byte offset in the file, where there is one.
    public var offset: UInt64?
    public var expected: String
    public var found: String
    public var remedy: String

    public init(path: String, offset: UInt64? = nil, expected: String, found: String, remedy: String) {
        self.path = path
        self.offset = offset
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }

    public var description: String {
        let place = offset.map { "\(path) at byte \($0)" } ?? path
        return "\(place): expected \(expected), found \(found); \(remedy)"
    }
}
