public import Runtime

/// What can be wrong with a tokenizer's files or with what it is asked for.
public enum TextError: DiagnosedError, Equatable {
    /// A line of a tokenizer file is not what it should be.
    case malformed(path: String, line: Int, expected: String, found: String)
    /// Reading or writing a file failed; `reason` is the system's.
    case inaccessible(path: String, action: String, reason: String)
    /// A text from which no vocabulary of the asked size can be made.
    case vocabularyTooSmall(asked: Int, least: Int)
    /// An id that the vocabulary does not have.
    case unknownID(Int32, vocabularySize: Int)

    public var exitCode: ExitCode {
        if case .vocabularyTooSmall = self { .usage } else { .data }
    }

    public var description: String {
        switch self {
        case .malformed(let path, let line, let expected, let found):
            "\(path) line \(line): expected \(expected), found \(found); train the tokenizer again or restore the file"
        case .inaccessible(let path, let action, let reason):
            "\(path): expected to \(action) it, found \(reason); check the path, its permissions and the disk"
        case .vocabularyTooSmall(let asked, let least):
            "vocabulary size: expected at least \(least) (256 bytes and 5 special tokens), found \(asked); ask for more"
        case .unknownID(let id, let vocabularySize):
            "token id: expected 0 ..< \(vocabularySize), found \(id); the ids belong to another tokenizer"
        }
    }
}
