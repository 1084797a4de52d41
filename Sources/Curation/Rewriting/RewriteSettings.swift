/// How captions are rewritten.
public struct RewriteSettings: Sendable, Equatable {
    /// Texts of each level for one pair. What words and phrases yield less is made up for by sentences.
    public var words = 40
    public var phrases = 40
    public var sentences = 20
    public var seed: UInt64 = 1

    /// A caption of another image whose cosine with a caption of this one is above may well be true of it.
    static let nearest: Float = 0.9
    /// Occurrences in the corpus below which a wording replaces nothing: slips of the pen and of the parser.
    static let fewestOccurrences = 2

    public init() {}

    /// Everything rewritten texts depend on besides corpora and files, one line each.
    var record: [String] {
        [
            "words \(words)", "phrases \(phrases)", "sentences \(sentences)", "seed \(seed)",
            "nearest \(Self.nearest)", "fewest occurrences \(Self.fewestOccurrences)",
        ]
    }
}
