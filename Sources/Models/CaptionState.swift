public import Autograd
public import Tensors

/// Captions in the making: what a model made of the images, and of every token so far, so that a token costs one row. Any
/// number of captions may grow from a token.
public protocol CaptionState: AnyObject {
    /// Adds tokens at the same place of their captions.
    /// - Returns: the last layer's rows `(n, C)`, and the numbers of the tokens.
    /// - Throws: `MemoryFault`.
    func extend(
        _ next: [CaptionContinuation], _ tape: Tape
    ) throws(MemoryFault) -> (rows: Variable, numbers: Range<Int>)
    /// Bytes kept beside the tape.
    var byteCount: Int { get }
}

/// A token that goes on a caption.
public struct CaptionContinuation {
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

extension AttentionPlan {
    /// New tokens of captions: each sees what its image offers, its caption's tokens and itself.
    /// - Parameters:
    ///   - numbers: of the new tokens. - shift: rows in front of all tokens'. - others: rows that an image offers.
    init(
        _ next: [CaptionContinuation], _ numbers: Range<Int>, shift: Int, _ others: (Int) -> [Range<Int>]
    ) {
        let samples = zip(next, numbers).map { item, number in
            let own = (item.earlier + [number]).map { shift + $0..<shift + $0 + 1 }
            let block = Block(queries: shift + number..<shift + number + 1, keys: others(item.image) + own)
            return Sample(blocks: [block], position: 0)
        }
        self.init(samples, output: shift + numbers.lowerBound..<shift + numbers.upperBound)
    }
}
