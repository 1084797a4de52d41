public import Autograd
public import Batches
public import Tensors

/// Captions that UNIMO makes: behind regions and an empty text, as its targets stand behind what is left of a text.
public final class UNIMOCaptionState: CaptionState {
    private let model: UNIMO
    private let images: [SampleRows?]
    private let sources: [SampleRows?]
    private let rows: [AttentionRows]
    /// Rows of images and empty texts, in front of all tokens'.
    private let before: Int
    private var tokens = 0

    /// - Parameters:
    ///   - regions: of B images. - empty: a text of B times `<s> </s>`.
    /// - Throws: `MemoryFault`.
    public init(_ model: UNIMO, _ regions: RegionRows, empty: TextRows, _ tape: Tape) throws(MemoryFault) {
        precondition(regions.count == empty.positions.count, "\(regions.count) images, \(empty.positions.count) texts")
        self.model = model
        let embedded = model.embed(regions, positions: Array(0..<regions.count), empty, tape)
        let sequences = (0..<regions.count).map { ModalSequence(image: $0, text: $0, position: $0) }
        let layout = SequenceLayout(
            sequences, images: embedded.images?.offsets, texts: embedded.texts?.offsets, targets: nil)
        (images, sources) = (layout.images, layout.texts)
        var x = tape.stackRows([embedded.images?.rows, embedded.texts?.rows].compactMap { $0 })
        before = x.rows
        let width = model.config.transformer.width
        rows = model.layers.map { _ in AttentionRows(width: width) }
        for (layer, rows) in zip(model.layers, rows) { x = try layer.extend(x, rows, layout.plan, tape) }
    }

    public var byteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }

    public func extend(
        _ next: [CaptionContinuation], _ tape: Tape
    ) throws(MemoryFault) -> (rows: Variable, numbers: Range<Int>) {
        let numbers = tokens..<tokens + next.count
        tokens += next.count
        var x = model.text(next.map(\.token), place: next.first?.earlier.count ?? 0, tape)
        let plan = AttentionPlan(next, numbers, shift: before) { [self] image in
            [images[image]?.rows, sources[image]?.rows].compactMap { $0 }
        }
        for (layer, rows) in zip(model.layers, rows) { x = try layer.extend(x, rows, plan, tape) }
        return (x, numbers)
    }
}
