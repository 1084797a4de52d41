public import Runtime
import Tensors

/// Recall at 1, 5 and 10, as fractions.
public struct Recall: Sendable, Equatable {
    public let r1: Double
    public let r5: Double
    public let r10: Double

    public init(r1: Double, r5: Double, r10: Double) {
        self.r1 = r1
        self.r5 = r5
        self.r10 = r10
    }

    /// - Parameter ranks: of the right candidate of each query, from 0.
    init(ranks: [Int]) {
        func share(_ k: Int) -> Double { Double(ranks.count { $0 < k }) / Double(max(ranks.count, 1)) }
        self.init(r1: share(1), r5: share(5), r10: share(10))
    }
}

/// Zero-shot retrieval both ways over one set of pairs: candidates are all of them, the right one is the query's own, and a
/// candidate that ties with it counts as ahead of it.
public struct RetrievalReport: Sendable, Equatable {
    public let candidates: Int
    public let imageToText: Recall
    public let textToImage: Recall

    /// What guessing gets: k / candidates.
    public var chance: Recall {
        let n = Double(max(candidates, 1))
        return Recall(r1: min(1 / n, 1), r5: min(5 / n, 1), r10: min(10 / n, 1))
    }

    /// By the cosine of embeddings alone.
    /// - Throws: `MemoryFault`.
    public init(_ embeddings: PairEmbeddings, pool: WorkerPool) throws {
        let search = try NearestCandidates(embeddings, keeping: 0, pool: pool)
        candidates = embeddings.count
        imageToText = Recall(ranks: search.texts.map(\.rank))
        textToImage = Recall(ranks: search.images.map(\.rank))
    }

    /// The `count` nearest candidates of each query ordered anew by matching score + `weight` · cosine; those behind them
    /// stay where they are.
    public init(
        _ embeddings: PairEmbeddings, reranking count: Int, by matcher: any PairMatcher, weight: Float,
        pool: WorkerPool,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
        let search = try NearestCandidates(embeddings, keeping: count, pool: pool)
        let pairs =
            search.texts.enumerated().flatMap { image, found in found.nearest.map { (image: image, text: $0.candidate) }
            }
            + search.images.enumerated().flatMap { text, found in
                found.nearest.map { (image: $0.candidate, text: text) }
            }
        let matching = try matcher.scores(pairs, progress: progress)
        let half = search.texts.reduce(0) { $0 + $1.nearest.count }
        candidates = embeddings.count
        imageToText = Recall(ranks: Self.reranked(search.texts, matching[..<half], weight))
        textToImage = Recall(ranks: Self.reranked(search.images, matching[half...], weight))
    }

    private static func reranked(
        _ queries: [NearestCandidates.Found], _ matching: ArraySlice<Float>, _ weight: Float
    ) -> [Int] {
        var next = matching.startIndex
        return queries.enumerated().map { query, found in
            let scores = found.nearest.indices.map { matching[next + $0] + weight * found.nearest[$0].score }
            next += found.nearest.count
            guard let own = found.nearest.firstIndex(where: { $0.candidate == query }) else { return found.rank }
            guard scores[own] == scores[own] else { return found.nearest.count }
            return scores.indices.count { $0 != own && !(scores[$0] < scores[own]) }
        }
    }
}
