public import Autograd
public import Batches
public import Tensors

/// Captions that UNIMO-2 makes: the Grounded Transformer sees patches and grounded tokens, and the tokens so far.
public final class GroundedCaptionState: CaptionState {
    private let model: UNIMO2
    private let images: [SampleRows]
    private let grounded: [SampleRows]
    private let textRows: [AttentionRows]
    private let groundedRows: [AttentionRows]
    /// Rows of images and grounded tokens, in front of all tokens' in the Grounded Transformer.
    private let before: Int
    private var tokens = 0

    /// - Parameter images: B.
    /// - Throws: `MemoryFault`.
    public init(_ model: UNIMO2, images pixels: ImageRows, _ tape: Tape) throws(MemoryFault) {
        self.model = model
        let patches = model.vision(pixels, positions: 0..<pixels.count, tape)
        let choice = model.ground(patches, positions: 0..<pixels.count, tape)
        let layout = GroundedLayout(
            images: model.vision.rows(count: pixels.count, positions: 0..<pixels.count), texts: [],
            grounded: (choice?.chosen.rows ?? 0) / max(pixels.count, 1), sight: .captioning)
        (images, grounded) = (layout.images, layout.grounded)
        before = patches.rows + (choice?.chosen.rows ?? 0)
        let width = model.config.text.width
        textRows = model.text.layers.map { _ in AttentionRows(width: width) }
        groundedRows = model.grounded.layers.map { _ in AttentionRows(width: width) }
        var x = patches
        if let choice { x = tape.stackRows([patches, model.grounded.enter(choice.chosen, layout, tape)]) }
        for (layer, rows) in zip(model.grounded.layers, groundedRows) {
            x = try layer.extend(x, rows, layout.plan, tape)
        }
    }

    public var byteCount: Int { (textRows + groundedRows).reduce(0) { $0 + $1.byteCount } }

    public func extend(
        _ next: [CaptionContinuation], _ tape: Tape
    ) throws(MemoryFault) -> (rows: Variable, numbers: Range<Int>) {
        let numbers = tokens..<tokens + next.count
        tokens += next.count
        var x = model.text.embedding(next.map(\.token), place: next.first?.earlier.count ?? 0, tape)
        let text = AttentionPlan(next, numbers, shift: 0) { _ in [] }
        for (layer, rows) in zip(model.text.layers, textRows) { x = try layer.extend(x, rows, text, tape) }
        let all = AttentionPlan(next, numbers, shift: before) { [self] image in
            [images[image].rows] + (grounded.isEmpty ? [] : [grounded[image].rows])
        }
        for (layer, rows) in zip(model.grounded.layers, groundedRows) { x = try layer.extend(x, rows, all, tape) }
        return (x, numbers)
    }
}
