import Runtime
import Tensors

/// For every query of a set of pairs, both ways, where its own candidate stands and which candidates stand first. Queries
/// are scored in blocks, so that the score matrix is never whole.
struct NearestCandidates {
    struct Found {
        /// How many other candidates score at least as high as the query's own.
        var rank: Int
        /// The first candidates, the query's own behind those that tie with it.
        var nearest: [(candidate: Int, score: Float)]
    }

    /// Of each image among texts, and of each text among images.
    let texts: [Found]
    let images: [Found]

    private static let block = 256

    /// - Parameter count: candidates kept per query.
    /// - Throws: `MemoryFault`.
    init(_ embeddings: PairEmbeddings, keeping count: Int, pool: WorkerPool) throws(MemoryFault) {
        let width = embeddings.width
        texts = try Self.search(embeddings.images, embeddings.texts, width: width, keeping: count, pool)
        images = try Self.search(embeddings.texts, embeddings.images, width: width, keeping: count, pool)
    }

    private static func search(
        _ queries: [Float], _ candidates: [Float], width: Int, keeping count: Int, _ pool: WorkerPool
    ) throws(MemoryFault) -> [Found] {
        let n = candidates.count / max(width, 1)
        var found: [Found] = []
        let memory = try Reservation(byteCount: block * n * 4)
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
            for row in 0..<rows {
                let line = UnsafeBufferPointer(start: scores.floats + row * n, count: n)
                found.append(Found(rank: rank(line, own: start + row), nearest: nearest(line, own: start + row, count)))
            }
        }
        return found
    }

    private static func rank(_ scores: UnsafeBufferPointer<Float>, own: Int) -> Int {
        let target = scores[own]
        // Not-a-number compares as nothing: such a query is lost, not won.
        guard target == target else { return scores.count }
        return scores.indices.count { $0 != own && !(scores[$0] < target) }
    }

    private static func nearest(
        _ scores: UnsafeBufferPointer<Float>, own: Int, _ count: Int
    ) -> [(candidate: Int, score: Float)] {
        guard count > 0 else { return [] }
        func isAhead(_ a: Int, _ b: Int) -> Bool {
            scores[a] > scores[b] || (scores[a] == scores[b] && (b == own || (a != own && a < b)))
        }
        return scores.indices.sorted(by: isAhead).prefix(count).map { ($0, scores[$0]) }
    }
}
