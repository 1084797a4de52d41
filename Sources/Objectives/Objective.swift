public import Autograd
public import Batches
public import Models
public import Runtime
public import Tensors

/// One training signal: what it wants of a sample, how it prepares one (data only), and its loss.
///
/// | objective | corpora | forward passes | dictionary's loss | groups |
/// |---|---|---|---|---|
/// | masked_language | texts, pairs | everything, masked | of the same pass | text, dictionary, grounded, mlm (and vision, codes) |
/// | captioning | pairs | everything, clean, text causal | of the patches | vision, text, dictionary, grounded, mlm |
/// | image_text_matching | pairs | everything, clean, some captions of others | none | vision, text, dictionary, grounded, itm |
/// | image_text_contrastive | pairs | one of each encoder, clean | none | vision, text, itc |
/// | image_contrastive | images, pairs | one of the visual encoder per view | of the first view | vision, simclr, dictionary |
public protocol Objective: Sendable {
    /// The model it trains.
    associatedtype Subject: Model
    /// As recipes, logs and dumps name it.
    static var name: String { get }
    var needs: SampleNeeds { get }
    /// The summands of the loss, the objective's own first.
    var terms: [LossTerm] { get }
    /// Parameter groups that get a gradient; all others stand still when no batch of the step declares them.
    var groups: Set<String> { get }
    /// Masks, labels or corrupts a decoded sample.
    func prepare(_ sample: inout Sample, _ random: RandomKey)
    /// What each term of `chunk` is divided by, summed over the global batch.
    func counts(_ chunk: Chunk) -> [Int]
}

extension Objective {
    public var name: String { Self.name }
}

/// A summand of an objective's loss: weight · (sum over the global batch / global count).
public struct LossTerm: Sendable, Equatable {
    public let name: String
    /// Positive.
    public let weight: Float

    public init(_ name: String, weight: Float = 1) {
        precondition(weight > 0, "\(name) weighs \(weight)")
        self.name = name
        self.weight = weight
    }
}

/// A loss that is a sum over samples: computed chunk by chunk.
public protocol ChunkObjective: Objective {
    /// - Parameter scales: of each term, its weight over its global count.
    /// - Returns: this chunk's share of each term, scaled.
    func loss(_ chunk: Chunk, _ model: Subject, scales: [Float], _ tape: Tape) -> [Double]
}

/// A loss over a pool of candidates, the global batch: every chunk is embedded, the embeddings are gathered over ranks, the
/// loss is evaluated, and each chunk is computed again with the gradients of its embeddings.
public protocol PoolObjective: Objective {
    /// Widths of the embeddings of a sample, in elements.
    func widths(_ model: Subject) -> [Int]
    /// - Parameter scales: of each term.
    /// - Returns: `(samples, width)` for each width, and this chunk's share of the terms behind the first.
    func embed(
        _ chunk: Chunk, _ model: Subject, scales: [Float], _ tape: Tape
    ) -> (embeddings: [Variable], terms: [Double])
    /// Evaluates the first term and fills the gradients of the rank's own rows, both times the term's weight.
    /// - Returns: the whole term, the same on every rank.
    func loss(_ pool: EmbeddingPool, _ model: Subject, _ operations: ContrastiveLoss) -> Double
}

/// A loss of each sample that also depends on what the other samples of the global batch offer: offers are gathered over
/// ranks, then computed chunk by chunk.
public protocol ExchangeObjective: Objective {
    /// Widths of what a sample offers, in elements.
    func widths(_ model: Subject) -> [Int]
    /// `(samples, width)` for each width, without a gradient.
    func offer(_ chunk: Chunk, _ model: Subject, _ tape: Tape) -> [Tensor]
    /// - Parameters:
    ///   - offers: `(B, width)` for each width. - random: of the batch, for draws among them.
    ///   - scales: of each term, its weight over its global count.
    /// - Returns: this chunk's share of each term, scaled.
    func loss(
        _ chunk: Chunk, _ offers: [Tensor], _ random: RandomKey, _ model: Subject, scales: [Float], _ tape: Tape
    ) -> [Double]
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
