import Autograd
public import Batches
import Glibc
import Models
import Tensors

/// How well masked tokens are told.
public struct LanguageScores: Sendable, Equatable {
    /// Masked tokens.
    public private(set) var tokens = 0
    /// Σ −log p(token), in nats.
    public private(set) var crossEntropy = 0.0
    /// Tokens that were the likeliest.
    public private(set) var hits = 0

    public init() {}

    /// - Parameters: logits `(V)` of one masked token, whose id was `label`.
    public mutating func add(logits: UnsafeBufferPointer<Float>, label: Int) {
        precondition(logits.indices.contains(label), "token \(label) of a vocabulary of \(logits.count)")
        var best = 0
        for id in logits.indices where logits[id] > logits[best] { best = id }
        let largest = Double(logits[best])
        let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
        crossEntropy += largest + log(sum) - Double(logits[label])
        hits += best == label ? 1 : 0
        tokens += 1
    }

    /// Mean of −log p(token), in nats.
    public var loss: Double { crossEntropy / Double(max(tokens, 1)) }
    public var perplexity: Double { exp(loss) }
    public var accuracy: Double { Double(hits) / Double(max(tokens, 1)) }
}

/// Fills masked tokens with a model's masked-language head, beside the image or without it.
public struct MaskedTokenScorer {
    public let model: any EvaluableModel
    public let workspace: Workspace

    public init(model: any EvaluableModel, workspace: Workspace) {
        self.model = model
        self.workspace = workspace
    }

    /// Bytes that a chunk takes.
    public func footprint(_ chunk: Chunk, seesImages: Bool) -> Int {
        Tape.footprint(workspace.pool) { _ = model.maskedTokenLogits(chunk, seesImages: seesImages, $0) }
    }

    /// Adds the masked tokens of a chunk to `scores`.
    /// - Parameter seesImages: false hides the images.
    /// - Throws: `MemoryFault`.
    public func score(_ chunk: Chunk, seesImages: Bool, into scores: inout LanguageScores) throws {
        guard let text = chunk.text else { preconditionFailure("images alone have no tokens to tell") }
        guard !text.labels.isEmpty else { return }
        let logits = try workspace.run { model.maskedTokenLogits(chunk, seesImages: seesImages, $0) }.value
        for (row, label) in text.labels.enumerated() {
            let line = UnsafeBufferPointer(start: logits.rows(row..<row + 1).floats, count: logits.columns)
            scores.add(logits: line, label: Int(label))
        }
    }
}
