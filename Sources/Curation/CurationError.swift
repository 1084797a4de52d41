import Corpora
public import Runtime

/// What the world can do to work on corpora, beyond what it can do to the corpora themselves.
public enum CurationError: DiagnosedError, Equatable {
    /// There is no dictionary where one is looked for.
    case noLexicon(directory: String, missing: String)
    /// A line of a file of paraphrases is not what it should be.
    case paraphrases(path: String, line: Int, expected: String, found: String)
    /// A corpus holds something else than the work needs.
    case unsuited(corpus: String, expected: String, found: String, remedy: String)
    /// A sample doesn't go with the others of its corpus, or with those of another.
    case sample(corpus: String, key: String, expected: String, found: String, remedy: String)

    public var exitCode: ExitCode {
        switch self {
        case .noLexicon, .unsuited: .usage
        case .paraphrases, .sample: .data
        }
    }

    public var description: String {
        switch self {
        case .noLexicon(let directory, let missing):
            "\(directory): expected a dictionary of WordNet 3, found no \(missing); install Debian's wordnet-base "
                + "(apt-get install wordnet-base), or name another place with --lexicon"
        case .paraphrases(let path, let line, let expected, let found):
            "\(path):\(line): expected \(expected), found \(found); repair the line or take it out"
        case .unsuited(let corpus, let expected, let found, let remedy):
            "\(corpus): expected \(expected), found \(found); \(remedy)"
        case .sample(let corpus, let key, let expected, let found, let remedy):
            "\(corpus): sample `\(key)`: expected \(expected), found \(found); \(remedy)"
        }
    }
}

extension StoredCorpus {
    /// For messages: its directory where it has one.
    var place: String { (self as? ShardCorpus)?.directory ?? name }
}
