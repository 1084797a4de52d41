import Autograd

/// Who sees whom in the Grounded Transformer.
public enum Sight: Sendable {
    /// Images and texts see the grounded tokens and themselves, not each other; grounded tokens see everything. Without a
    /// dictionary images and texts see each other directly.
    case understanding
    /// Images and grounded tokens see only each other; a text row sees them and the text rows up to its own.
    case captioning
}

/// The rows of a chunk in the Grounded Transformer: all samples' image rows, then all grounded tokens, then all texts, any
/// of the three missing where the chunk or the model has none.
struct GroundedLayout {
    private(set) var images: [SampleRows] = []
    private(set) var grounded: [SampleRows] = []
    private(set) var texts: [SampleRows] = []
    let plan: AttentionPlan

    var samples: [SampleRows] { images + grounded + texts }

    /// - Parameters:
    ///   - images: rows of the visual encoder by sample; empty for texts alone. - texts: rows of the text encoder.
    ///   - grounded: G; 0 without a dictionary.
    init(images: [SampleRows], texts: [SampleRows], grounded count: Int, sight: Sight) {
        let positions = (images.isEmpty ? texts : images).map(\.position)
        var start = 0
        /// Each sample's rows in a block that begins at `start`, numbered on from the sample's rows before.
        func place(_ lengths: [Int], after earlier: [[SampleRows]]) -> [SampleRows] {
            lengths.enumerated().map { sample, length in
                defer { start += length }
                return SampleRows(
                    rows: start..<start + length, position: positions[sample],
                    first: earlier.reduce(0) { $0 + ($1.isEmpty ? 0 : $1[sample].rows.count) })
            }
        }
        let v = place(images.map(\.rows.count), after: [])
        let g = count > 0 ? place(positions.map { _ in count }, after: [v]) : []
        let t = place(texts.map(\.rows.count), after: [v, g])
        plan = AttentionPlan(
            positions.indices.map { sample in
                func rows(_ block: [SampleRows]) -> Range<Int>? { block.isEmpty ? nil : block[sample].rows }
                return AttentionPlan.Sample(
                    blocks: Self.blocks(images: rows(v), grounded: rows(g), text: rows(t), sight),
                    position: positions[sample])
            })
        (self.images, self.grounded, self.texts) = (v, g, t)
    }

    /// One sample's attention.
    private static func blocks(
        images: Range<Int>?, grounded: Range<Int>?, text: Range<Int>?, _ sight: Sight
    ) -> [AttentionPlan.Block] {
        func block(_ queries: Range<Int>?, sees keys: [Range<Int>?], causal: Bool = false) -> AttentionPlan.Block? {
            queries.map { AttentionPlan.Block(queries: $0, keys: keys.compactMap { $0 }, causal: causal) }
        }
        let blocks =
            switch (sight, grounded) {
            case (.understanding, nil):
                [block(images, sees: [images, text]), block(text, sees: [images, text])]
            case (.understanding, _):
                [
                    block(images, sees: [images, grounded]), block(grounded, sees: [images, grounded, text]),
                    block(text, sees: [grounded, text]),
                ]
            case (.captioning, _):
                [
                    block(images, sees: [images, grounded]), block(grounded, sees: [images, grounded]),
                    block(text, sees: [images, grounded, text], causal: true),
                ]
            }
        return blocks.compactMap { $0 }
    }
}
