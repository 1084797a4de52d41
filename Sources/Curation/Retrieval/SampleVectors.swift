import Corpora
import Runtime

/// What samples are compared by as vectors.
protocol SampleVectors: Sendable {
    /// C.
    var width: Int { get }
    /// Keys of a range of samples, and their vectors `(C)` of length one; zeros for a sample that has nothing to compare. A
    /// sample's bits depend on the corpus alone, not on the range.
    func read(
        _ range: Range<Int>, of corpus: any StoredCorpus, pool: WorkerPool
    ) throws -> [(key: String, vector: [Float])]
}

/// Images by the mean of their region features.
struct RegionMeans: SampleVectors {
    let width: Int

    func read(
        _ range: Range<Int>, of corpus: any StoredCorpus, pool: WorkerPool
    ) throws -> [(key: String, vector: [Float])] {
        try pool.map(range.count) { task, _ in
            let sample = try corpus.read(range.lowerBound + task)
            return (sample.key, try sample.regionMean(width: width, in: corpus.place))
        }
    }
}

/// A model that texts are encoded with.
public protocol TextEmbedder: Sendable {
    /// Of its weights.
    var fingerprint: String { get }
    /// C.
    var width: Int { get }
    /// - Returns: `(texts, C)`, each row of length one.
    func vectors(of texts: [String]) throws -> [[Float]]
}

/// Texts by a model's embedding; a sample with several captions by their mean.
struct TextMeanings: SampleVectors {
    /// Samples encoded together, the same ones whatever is asked for: a product's bits may depend on its rows.
    static let chunk = 64

    let embedder: any TextEmbedder
    var width: Int { embedder.width }

    func read(
        _ range: Range<Int>, of corpus: any StoredCorpus, pool: WorkerPool
    ) throws -> [(key: String, vector: [Float])] {
        try (range.lowerBound / Self.chunk..<(range.upperBound + Self.chunk - 1) / Self.chunk).flatMap { number in
            let chunk = number * Self.chunk..<min((number + 1) * Self.chunk, corpus.count)
            let wanted = chunk.clamped(to: range)
            return try encoded(chunk, of: corpus, pool)[
                wanted.lowerBound - chunk.lowerBound..<wanted.upperBound - chunk.lowerBound]
        }
    }

    private func encoded(
        _ chunk: Range<Int>, of corpus: any StoredCorpus, _ pool: WorkerPool
    ) throws -> [(key: String, vector: [Float])] {
        let read = try pool.map(chunk.count) { task, _ in
            let sample = try corpus.read(chunk.lowerBound + task)
            return (key: sample.key, captions: try sample.captions(in: corpus.place))
        }
        var vectors = try embedder.vectors(of: read.flatMap(\.captions))[...]
        return read.map { sample in
            defer { vectors = vectors.dropFirst(sample.captions.count) }
            return (sample.key, Self.direction(of: vectors.prefix(sample.captions.count), width: width))
        }
    }

    /// The mean of unit vectors, of length one.
    private static func direction(of vectors: ArraySlice<[Float]>, width: Int) -> [Float] {
        guard vectors.count != 1, let first = vectors.first else {
            return vectors.first ?? [Float](repeating: 0, count: width)
        }
        let sum = vectors.dropFirst().reduce(into: first) { sum, vector in
            for place in sum.indices { sum[place] += vector[place] }
        }
        let length = sum.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? sum.map { $0 / Float(length) } : sum
    }
}
