import Corpora
import Runtime
import Tensors

/// Vectors of a part of a corpus: the rows of a matrix `(n, C)`, zero rows filling up the last block.
final class VectorCollection {
    /// Rows that are compared at once, and queries at most. Every product has this shape, so that a score's bits depend
    /// neither on the part nor on what else is asked.
    static let block = 1024
    static let queries = 512

    /// Samples of the corpus.
    let range: Range<Int>
    let keys: [String]
    /// C.
    let width: Int
    private let rows: Reservation
    /// Queries `(queries, C)`, and for each thread their scores `(queries, block)`.
    private let asked: Reservation
    private let scores: Reservation

    /// The part of `count` samples that a rank searches: whole blocks.
    static func part(_ rank: Int, of ranks: Int, count: Int) -> Range<Int> {
        let blocks = (count + block - 1) / block
        return min(blocks * rank / ranks * block, count)..<min(blocks * (rank + 1) / ranks * block, count)
    }

    /// Bytes of the vectors of `count` samples.
    static func byteCount(_ count: Int, width: Int) -> Int { (count + block - 1) / block * block * width * 4 }

    private static func floats(_ memory: Reservation) -> UnsafeMutablePointer<Float> {
        memory.base.assumingMemoryBound(to: Float.self)
    }

    /// Reads the samples of a range.
    /// - Parameter progress: called between rounds; what it throws ends the work.
    init(
        _ corpus: any StoredCorpus, range: Range<Int>, _ vectors: any SampleVectors, pool: WorkerPool,
        progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        self.range = range
        width = vectors.width
        rows = try Reservation(byteCount: Self.byteCount(range.count, width: width))
        asked = try Reservation(byteCount: Self.queries * width * 4)
        scores = try Reservation(byteCount: pool.threads * Self.queries * Self.block * 4)
        let first = Self.floats(rows)
        var keys: [String] = []
        keys.reserveCapacity(range.count)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.block) {
            let end = min(start + Self.block, range.upperBound)
            for (row, sample) in try vectors.read(start..<end, of: corpus, pool: pool).enumerated() {
                (first + (start - range.lowerBound + row) * width).update(from: sample.vector, count: width)
                keys.append(sample.key)
            }
            try progress(end - range.lowerBound, range.count)
        }
        self.keys = keys
    }

    /// The most similar rows for each query, numbered as in the corpus. Zeros are like nothing.
    /// - Parameters:
    ///   - queries: of `width` numbers and of length one or zero, `Self.queries` at most.
    ///   - floor: the lowest cosine.
    func search(_ queries: [[Float]], limit: Int, floor: Float, pool: WorkerPool) -> [[Match]] {
        precondition(queries.count <= Self.queries, "\(queries.count) queries at once, \(Self.queries) at most")
        for (row, query) in queries.enumerated() {
            precondition(query.count == width, "a query of \(query.count) numbers among rows of \(width)")
            (Self.floats(asked) + row * width).update(from: query, count: width)
        }
        var best = [BestMatches](
            repeating: BestMatches(limit: limit, floor: floor), count: pool.threads * queries.count)
        best.withUnsafeMutableBufferPointer { best in
            let best = best
            pool.run((range.count + Self.block - 1) / Self.block) { block, worker in
                let room = Self.floats(scores) + worker * Self.queries * Self.block
                score(block, into: room)
                let numbers =
                    range.lowerBound + block
                    * Self.block..<min(
                        range.lowerBound + (block + 1) * Self.block, range.upperBound)
                for query in queries.indices {
                    best[worker * queries.count + query].offer(numbers, UnsafePointer(room) + query * Self.block)
                }
            }
        }
        return queries.indices.map { query in
            var all = BestMatches(limit: limit, floor: floor)
            for worker in 0..<pool.threads {
                for match in best[worker * queries.count + query].sorted() { all.offer(match) }
            }
            return all.sorted().filter { $0.score != 0 }
        }
    }

    /// Cosines of all queries with the rows of a block: `(queries, block)`.
    private func score(_ block: Int, into room: UnsafeMutablePointer<Float>) {
        let compared = Self.floats(rows) + block * Self.block * width
        multiply(
            m: Self.queries, n: Self.block, k: width, Operand(UnsafePointer(Self.floats(asked)), stride: width),
            Operand(UnsafePointer(compared), stride: width, transposed: true), beta: 0, into: room,
            cStride: Self.block)
    }
}

extension BestMatches {
    /// Offers the scores of numbers that follow each other.
    fileprivate mutating func offer(_ numbers: Range<Int>, _ scores: UnsafePointer<Float>) {
        var floor = floor
        for place in 0..<numbers.count where scores[place] >= floor {
            offer(Match(number: numbers.lowerBound + place, score: scores[place]))
            floor = self.floor
        }
    }
}
