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

    public init(_ embeddings: PairEmbeddings, pool: WorkerPool) {
        candidates = embeddings.count
        let width = embeddings.width
        imageToText = Recall(ranks: Self.ranks(embeddings.images, embeddings.texts, width: width, pool))
        textToImage = Recall(ranks: Self.ranks(embeddings.texts, embeddings.images, width: width, pool))
    }

    /// For each query, how many other candidates score at least as high as its own. Queries are scored in blocks, so that
    /// the score matrix is never whole.
    private static func ranks(_ queries: [Float], _ candidates: [Float], width: Int, _ pool: WorkerPool) -> [Int] {
        let n = candidates.count / max(width, 1)
        var ranks = [Int](repeating: 0, count: n)
        let block = 256
        let memory = Reservation(byteCount: block * n * 4)
        for start in stride(from: 0, to: n, by: block) {
            let rows = min(block, n - start)
            let scores = Tensor(memory.base, rows: rows, columns: n)
            queries.withUnsafeBufferPointer { q in
                candidates.withUnsafeBufferPointer { c in
                    multiply(
                        pool, m: rows, n: n, k: width, Operand(q.baseAddress! + start * width, stride: width),
                        Operand(c.baseAddress!, stride: width, transposed: true), beta: 0, into: scores)
                }
            }
            for row in 0..<rows { ranks[start + row] = rank(scores.floats + row * n, own: start + row, count: n) }
        }
        return ranks
    }

    private static func rank(_ scores: UnsafePointer<Float>, own: Int, count: Int) -> Int {
        let target = scores[own]
        // Not-a-number compares as nothing: such a query is lost, not won.
        guard target == target else { return count }
        var ahead = 0
        for candidate in 0..<count where candidate != own && !(scores[candidate] < target) { ahead += 1 }
        return ahead
    }
}
