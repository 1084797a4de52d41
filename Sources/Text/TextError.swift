public import Runtime
public import Storage

/// What can be wrong with a tokenizer's files or with what it is asked for.
public enum TextError: DiagnosedError, Equatable {
    /// A line of a tokenizer file is not what it should be.
    case malformed(path: String, line: Int, expected: String, found: String)
    /// `key` of a tokenizer file describes something other than byte-level BPE.
    case unsupported(path: String, line: Int, key: String, expected: String, found: String)
    /// What is named as a tokenizer is something else.
    case noTokenizer(path: String, found: String)
    /// Reading or writing a file failed, or its checksum is another.
    case storage(StorageError)
    /// A vocabulary of a size that cannot be made.
    case vocabularyOutOfRange(asked: Int, allowed: ClosedRange<Int>)
    /// An id that the vocabulary does not have.
    case unknownID(Int32, vocabularySize: Int)

    public var exitCode: ExitCode {
        switch self {
        case .storage(let error): error.exitCode
        case .vocabularyOutOfRange: .usage
        case .malformed, .unsupported, .unknownID, .noTokenizer: .data
        }
    }

    public var description: String {
        switch self {
        case .malformed(let path, let line, let expected, let found):
            "\(path) line \(line): expected \(expected), found \(found); restore the file or make the tokenizer again"
        case .unsupported(let path, let line, let key, let expected, let found):
            "\(path) line \(line): \(key): expected \(expected), found \(found); only byte-level BPE tokenizers of the "
                + "GPT-2 and RoBERTa kind are read: choose another or train one"
        case .noTokenizer(let path, let found):
            "\(path): expected a tokenizer (vocab.json and merges.txt, or tokenizer.json), found \(found); name a "
                + "directory that holds one, such as a checkpoint"
        case .storage(let error): error.description
        case .vocabularyOutOfRange(let asked, let allowed):
            "vocabulary size: expected \(allowed.lowerBound) (256 bytes and 5 special tokens) to \(allowed.upperBound), found "
                + "\(asked)"
        case .unknownID(let id, let vocabularySize):
            "token id: expected 0 ..< \(vocabularySize), found \(id); the ids belong to another tokenizer"
        }
    }
}
