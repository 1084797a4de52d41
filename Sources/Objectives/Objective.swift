public import Autograd
public import Batches
public import Models
public import Runtime
public import Tensors

/// One training signal: what it wants of a sample, how it prepares one (data only), and its loss.
///
/// | objective | corpora | forward passes | groups |
/// |---|---|---|---|
/// | masked_language | texts, pairs | one, masked | text, joint, mlm (and vision on pairs) |
/// | image_text_contrastive | pairs | one of each encoder, clean | vision, text, itc |
/// | image_contrastive | images, pairs | one per view, clean | vision, simclr |
public protocol Objective: Sendable {
    /// As recipes, logs and dumps name it.
    static var name: String { get }
    var needs: SampleNeeds { get }
    /// Parameter groups that get a gradient; all others stand still when no batch of the step declares them.
    var groups: Set<String> { get }
    /// Masks, labels or corrupts a decoded sample.
    func prepare(_ sample: inout Sample, _ random: RandomKey)
    /// What the loss of `chunk` is divided by, summed over the global batch.
    func count(_ chunk: Chunk) -> Int
}

extension Objective {
    public var name: String { Self.name }
}

/// A loss that is a sum over samples: computed chunk by chunk.
public protocol ChunkObjective: Objective {
    /// - Parameter scale: one over the global count.
    /// - Returns: this chunk's share of the loss.
    func loss(_ chunk: Chunk, _ model: UNIMO2, scale: Float, _ tape: Tape) -> Double
}

/// A loss over a pool of candidates, the global batch: every chunk is embedded, the embeddings are gathered over ranks, the
/// loss is evaluated, and each chunk is computed again with the gradients of its embeddings.
public protocol PoolObjective: Objective {
    /// Widths of the embeddings of a sample, in elements.
    func widths(_ config: ModelConfig) -> [Int]
    /// `(samples, width)` for each width.
    func embed(_ chunk: Chunk, _ model: UNIMO2, _ tape: Tape) -> [Variable]
    /// Evaluates the loss and fills the gradients of the rank's own rows.
    /// - Returns: the whole loss, the same on every rank.
    func loss(_ pool: EmbeddingPool, _ model: UNIMO2, _ operations: ContrastiveLoss) -> Double
}

/// The gathered embeddings of a global batch.
public struct EmbeddingPool {
    /// `(B, width)` each.
    public let embeddings: [Tensor]
    /// The rank's rows.
    public let own: Range<Int>
    /// `(own, width)` each, to be written; nil when only the loss is wanted.
    public let gradients: [Tensor]
    /// True on the one rank that adds the gradients of shared scalars.
    public let addsSharedGradients: Bool

    public init(embeddings: [Tensor], own: Range<Int>, gradients: [Tensor], addsSharedGradients: Bool) {
        self.embeddings = embeddings
        self.own = own
        self.gradients = gradients
        self.addsSharedGradients = addsSharedGradients
    }
}
