import Autograd
import Batches
public import Evaluation
import Models
import Objectives
import Tensors

/// How retrieval's candidates are ordered anew.
public struct Reranking: Sendable {
    /// Nearest candidates of each query that are ordered anew.
    public let candidates: Int
    /// Of cosine / τ beside the matching head's log-odds.
    public let contrastiveWeight: Double

    public init(candidates: Int, contrastiveWeight: Double) {
        self.candidates = candidates
        self.contrastiveWeight = contrastiveWeight
    }
}

/// Retrieval by the contrastive embeddings alone and, where asked for, re-ranked by matching.
public struct RetrievalOutcome {
    public let contrastive: RetrievalReport
    public let reranked: RetrievalReport?
}

extension EvaluatedModel {
    /// Retrieval over the pairs of a packed corpus, or of held-out procedural scenes given as `scenes:COUNT[:SEED[:OBJECTS]]`.
    /// - Parameter progress: what is done, how much of it, of how much.
    public func retrieval(
        corpus name: String, reranking: Reranking? = nil,
        progress: (String, Int, Int) throws -> Void = { _, _, _ in }
    ) throws -> RetrievalOutcome {
        let reader = reader(of: try pairs(name, for: "retrieval"), needs: needs(images: true, texts: true))
        let embedder = PairEmbedder(model: model, workspace: workspace)
        var embeddings = PairEmbeddings(width: model.vectorWidth)
        var matcher = model.makePairMatcher(workspace)
        try forEachChunk(
            of: reader, footprint: encoding, progress: { try progress("embedding pairs", $0, $1) }
        ) { chunk in
            try embedder.embed(chunk, into: &embeddings)
            if reranking != nil { try matcher.add(chunk) }
        }
        let contrastive = try RetrievalReport(embeddings, pool: pool)
        guard let reranking else { return RetrievalOutcome(contrastive: contrastive, reranked: nil) }
        let reranked = try RetrievalReport(
            embeddings, reranking: reranking.candidates, by: matcher,
            weight: Float(reranking.contrastiveWeight) / model.temperature, pool: pool
        ) { try progress("matching pairs", $0, $1) }
        return RetrievalOutcome(contrastive: contrastive, reranked: reranked)
    }
}
