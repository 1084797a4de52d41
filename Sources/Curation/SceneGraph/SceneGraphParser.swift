/// Finds the objects, attributes and relations that an English caption names, by rules over WordNet: words are tagged, noun
/// phrases and verbs are cut out, and what belongs to what is decided from left to right.
///
/// The result is a function of caption and lexicon alone. What counts as an object, attribute or relation is written down
/// in `Tests/CurationTests/Captions/README.md`.
/// Method: scene graphs as Anderson et al. (SPICE, ECCV 2016) and Wang et al. (NAACL 2018) define them.
public struct SceneGraphParser: Sendable {
    private let reader: CaptionReader
    private let lexicon: Lexicon

    public init(lexicon: Lexicon) {
        self.lexicon = lexicon
        reader = CaptionReader(lexicon: lexicon, spelling: Spelling(lexicon: lexicon))
    }

    /// The scene graph of a caption; empty where it names nothing. Bytes from 4,096 on are not read.
    public func parse(_ caption: String) -> SceneGraph {
        let words = Tagger.tagged(reader.words(of: caption), lexicon)
        let folding = ItemFolding(ItemReader(words: words, lexicon: lexicon))
        return SceneGraphBuilder.graph(of: Clauses(items: folding.folded, mentions: folding.mentions, lexicon: lexicon))
    }
}
