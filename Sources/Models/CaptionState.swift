public import Autograd
public import Batches
import Tensors

/// Captions in the making: what the Grounded Transformer made of the images, and of every token so far, so that a token costs
/// one row. Any number of captions may grow from a token.
public final class CaptionState {
    private let model: UNIMO2
    private let images: [SampleRows]
    private let grounded: [SampleRows]
    private let textRows: [AttentionRows]
    private let groundedRows: [AttentionRows]
    /// Rows of images and grounded tokens, in front of all tokens' in the Grounded Transformer.
    private let before: Int
    private var tokens = 0

    /// - Parameters:
    ///   - images: B. - capacity: tokens of all captions together, at most.
    public init(_ model: UNIMO2, images pixels: ImageRows, capacity: Int, _ tape: Tape) {
        self.model = model
        let patches = model.vision(pixels, positions: 0..<pixels.count, tape)
        let choice = model.ground(patches, positions: 0..<pixels.count, tape)
        let layout = GroundedLayout(
            images: model.vision.rows(count: pixels.count, positions: 0..<pixels.count), texts: [],
            grounded: (choice?.chosen.rows ?? 0) / max(pixels.count, 1), sight: .captioning)
        (images, grounded) = (layout.images, layout.grounded)
        before = patches.rows + (choice?.chosen.rows ?? 0)
        let (rows, width) = (before + capacity, model.config.text.width)
        textRows = model.text.layers.map { _ in AttentionRows(capacity: capacity, width: width) }
        groundedRows = model.grounded.layers.map { _ in AttentionRows(capacity: rows, width: width) }
        var x = patches
        if let choice { x = tape.stackRows([patches, model.grounded.enter(choice.chosen, layout, tape)]) }
        for (layer, rows) in zip(model.grounded.layers, groundedRows) { x = layer.extend(x, rows, layout.plan, tape) }
    }

    /// A token that goes on a caption.
    public struct Continuation {
        public let image: Int
        public let token: Int32
        /// What `extend` numbered the caption's tokens so far.
        public let earlier: [Int]

        public init(image: Int, token: Int32, earlier: [Int]) {
            self.image = image
            self.token = token
            self.earlier = earlier
        }
    }

    /// Adds tokens at the same place of their captions.
    /// - Returns: the last layer's rows `(n, C)`, and the numbers of the tokens.
    public func extend(_ next: [Continuation], _ tape: Tape) -> (rows: Variable, numbers: Range<Int>) {
        let numbers = tokens..<tokens + next.count
        tokens += next.count
        var x = model.text.embedding(next.map(\.token), place: next.first?.earlier.count ?? 0, tape)
        let text = plan(next, numbers, shift: 0) { _ in [] }
        for (layer, rows) in zip(model.text.layers, textRows) { x = layer.extend(x, rows, text, tape) }
        let all = plan(next, numbers, shift: before) { [self] image in
            [images[image].rows] + (grounded.isEmpty ? [] : [grounded[image].rows])
        }
        for (layer, rows) in zip(model.grounded.layers, groundedRows) { x = layer.extend(x, rows, all, tape) }
        return (x, numbers)
    }

    /// Each new token sees what its image offers, its caption's tokens and itself.
    private func plan(
        _ next: [Continuation], _ numbers: Range<Int>, shift: Int, _ others: (Int) -> [Range<Int>]
    ) -> AttentionPlan {
        let samples = zip(next, numbers).map { item, number in
            let own = (item.earlier + [number]).map { shift + $0..<shift + $0 + 1 }
            let block = AttentionPlan.Block(
                queries: shift + number..<shift + number + 1, keys: others(item.image) + own)
            return AttentionPlan.Sample(blocks: [block], position: 0)
        }
        return AttentionPlan(samples, output: shift + numbers.lowerBound..<shift + numbers.upperBound)
    }
}
