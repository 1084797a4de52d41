public import Runtime

/// A source file, line or sample that can't be packed or read, and why.
public struct RejectedSource: Sendable, Equatable, Codable, CustomStringConvertible {
    /// The file, with `:line` where it has lines.
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}

/// What the world can do to a corpus.
public enum CorpusError: DiagnosedError, Equatable {
    /// A file of the corpus is missing, changed or damaged.
    case damaged(FileFault)
    /// The corpus was made from another one than the one it is used with.
    case stale(FileFault)
    /// The corpus was written by a version this program does not know.
    case unsupported(FileFault)
    /// Sources that can't be packed: the first ones and how many in all.
    case rejected([RejectedSource], count: Int)
    /// Nothing to pack.
    case empty(sources: [String], reason: String)
    /// What is named as a corpus is none.
    case noCorpus(path: String, reason: String)
    /// The new corpus would lie in a folder that is packed.
    case insideSource(path: String, source: String)
    /// Two sources whose samples would have the same keys, with nothing to tell them apart.
    case equalSources(String, String)
    /// The place of the new corpus is taken.
    case exists(path: String)
    /// Another attempt has finished a part of the corpus, and can't be gone on with.
    case unfinished(path: String, shards: Int, samples: Int, reason: String)

    public var exitCode: ExitCode {
        switch self {
        case .exists, .unfinished, .insideSource, .equalSources: .usage
        default: .data
        }
    }

    public var description: String {
        switch self {
        case .damaged(let fault), .unsupported(let fault), .stale(let fault): fault.description
        case .rejected(let sources, let count):
            "\(count) source\(count == 1 ? "" : "s") can't be packed:\n"
                + sources.map { "  \($0)\n" }.joined()
                + (count > sources.count ? "  … and \(count - sources.count) more\n" : "")
                + "repair or remove them, or leave them out with --skip-bad"
        case .empty(let sources, let reason):
            "nothing to pack in \(sources.joined(separator: ", ")): \(reason)"
        case .noCorpus(let path, let reason): "\(path) is no corpus: \(reason)"
        case .insideSource(let path, let source):
            "\(path) would lie in the source \(source) and be packed itself another time; choose a place outside"
        case .equalSources(let first, let second):
            "the sources \(first) and \(second) are the same, or named so that their samples would have the same keys; name "
                + "each once, or rename one"
        case .exists(let path):
            "\(path) exists already; remove it or choose another directory"
        case .unfinished(let path, let shards, let samples, let reason):
            "\(path) holds \(samples) samples in \(shards) finished shards of an interrupted attempt, and \(reason); "
                + "repeat the earlier command to go on, or add --afresh to begin again"
        }
    }
}
