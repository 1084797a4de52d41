import Autograd

/// What UNIMO reads as one sequence: an image, a text, or an image with a text behind it; a text may have a target behind it
/// that is generated.
public struct ModalSequence: Sendable, Equatable {
    /// Which image of the chunk; several sequences may have the same.
    public let image: Int?
    /// Which text of the chunk; each belongs to one sequence, in ascending order.
    public let text: Int?
    /// Where it draws its random numbers: its sample's position in the global batch, further sequences 2²⁴ apart.
    public let position: Int

    public init(image: Int? = nil, text: Int? = nil, position: Int) {
        precondition(image != nil || text != nil, "a sequence of neither image nor text")
        self.image = image
        self.text = text
        self.position = position
    }
}

/// The rows of a chunk in the shared Transformer: the images of all sequences, then all texts, then all targets.
struct SequenceLayout {
    /// Rows by sequence; nil where it has none.
    let images: [SampleRows?]
    let texts: [SampleRows?]
    let targets: [SampleRows?]
    /// Rows of the embedded images, one image after another, that make the block of images.
    let imageRows: [Int32]
    let plan: AttentionPlan

    var samples: [SampleRows] { (images + texts + targets).compactMap { $0 } }

    /// - Parameters: offsets `(B + 1)` of the images' rows, the texts' and the targets'; targets belong to texts one to one.
    init(_ sequences: [ModalSequence], images: [Int32]?, texts: [Int32]?, targets: [Int32]?) {
        var start = 0
        func rows(_ item: Int?, of offsets: [Int32]?) -> Range<Int>? {
            guard let item, let offsets else { return nil }
            return Int(offsets[item])..<Int(offsets[item + 1])
        }
        /// Puts rows behind those of earlier blocks, numbered on within the sequence.
        func place(_ block: [Range<Int>?], after earlier: [[SampleRows?]]) -> [SampleRows?] {
            zip(sequences.indices, block).map { sequence, rows in
                guard let rows else { return nil }
                defer { start += rows.count }
                return SampleRows(
                    rows: start..<start + rows.count, position: sequences[sequence].position,
                    first: earlier.reduce(0) { $0 + ($1[sequence]?.rows.count ?? 0) })
            }
        }
        let pictures = sequences.map { rows($0.image, of: images) }
        let v = place(pictures, after: [])
        let t = place(sequences.map { rows($0.text, of: texts) }, after: [v])
        let g = place(sequences.map { rows($0.text, of: targets) }, after: [v, t])
        imageRows = pictures.compactMap { $0 }.flatMap { $0.map(Int32.init) }
        plan = AttentionPlan(
            sequences.indices.map { sequence in
                let seen = [v[sequence]?.rows, t[sequence]?.rows].compactMap { $0 }
                var blocks = seen.map { AttentionPlan.Block(queries: $0, keys: seen) }
                if let target = g[sequence]?.rows {
                    blocks.append(AttentionPlan.Block(queries: target, keys: seen + [target], causal: true))
                }
                return AttentionPlan.Sample(blocks: blocks, position: sequences[sequence].position)
            })
        (self.images, self.texts, self.targets) = (v, t, g)
    }
}
