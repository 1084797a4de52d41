import Collectives
import Corpora
import Runtime

/// The texts of a part of a corpus, weighed by what all its parts say.
final class TextCollection {
    /// Samples of the corpus.
    let range: Range<Int>
    let keys: [String]
    private let index: TextIndex
    private var scratches: [TextIndex.Scratch]

    /// Samples read in one round.
    private static let round = 4096

    /// Bytes that so many texts take, roughly: 24 for each different word of a text, of which one stands in eight bytes, and
    /// the text's key.
    static func byteCount(_ count: Int, textBytes: Int) -> Int { textBytes * 3 + count * 128 }

    /// The part of `count` samples that a rank searches.
    static func part(_ rank: Int, of ranks: Int, count: Int) -> Range<Int> {
        count * rank / ranks..<count * (rank + 1) / ranks
    }

    /// Reads the samples of a range twice: for the words' statistics, which ranks add up, and for their weights. Collective.
    /// - Parameter progress: called between rounds; what it throws ends the work.
    init(
        _ corpus: any StoredCorpus, range: Range<Int>, ranks: CommunicationThread, pool: WorkerPool,
        progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        var counters = [TextStatistics.Counter](repeating: .init(), count: pool.threads)
        try Self.read(corpus, range, pool: pool) { texts in
            counters.withUnsafeMutableBufferPointer { counters in
                let counters = counters
                pool.run(texts.count) { text, worker in counters[worker].add(texts[text].text) }
            }
        } progress: {
            try progress($0 / 2, range.count)
        }
        let own = counters.dropFirst().reduce(into: counters[0]) { $0.add($1) }
        let bytes = own.bytes
        let all = try ranks.perform("counting words") { try $0.allGather(bytes) }
        let statistics = TextStatistics(all.reduce(into: TextStatistics.Counter()) { $0.add(.init($1)) })
        var keys: [String] = []
        var vectors: [TextStatistics.Vector] = []
        try Self.read(corpus, range, pool: pool) { texts in
            keys += texts.map(\.key)
            vectors += try pool.map(texts.count) { text, _ in statistics.vector(of: texts[text].text) }
        } progress: {
            try progress((range.count + $0) / 2, range.count)
        }
        let index = TextIndex(statistics, vectors)
        self.range = range
        self.keys = keys
        self.index = index
        scratches = (0..<pool.threads).map { _ in TextIndex.Scratch(index) }
    }

    private static func read(
        _ corpus: any StoredCorpus, _ range: Range<Int>, pool: WorkerPool,
        _ take: ([(key: String, text: String)]) throws -> Void, progress: (_ done: Int) throws -> Void
    ) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: round) {
            let end = min(start + round, range.upperBound)
            try take(
                pool.map(end - start) { task, _ in
                    let sample = try corpus.read(start + task)
                    return (sample.key, try sample.captions(in: corpus.place).joined(separator: " "))
                })
            try progress(end - range.lowerBound)
        }
    }

    /// The most similar texts for each query, numbered as in the corpus; none that shares no word with it.
    /// - Parameter floor: the lowest cosine.
    func search(_ queries: [String], limit: Int, floor: Float, pool: WorkerPool) throws -> [[Match]] {
        try scratches.withUnsafeMutableBufferPointer { scratches in
            let scratches = scratches
            return try pool.map(queries.count) { query, worker in
                index.matches(for: queries[query], limit: limit, floor: floor, &scratches[worker]).map {
                    Match(number: range.lowerBound + $0.number, score: $0.score)
                }
            }
        }
    }
}

extension TextStatistics.Counter {
    /// For other ranks.
    fileprivate var bytes: [UInt8] {
        var bytes = PeerBytes()
        bytes.put(texts)
        for (word, count) in having {
            bytes.put(count)
            bytes.put(word)
        }
        return bytes.bytes
    }

    fileprivate init(_ bytes: [UInt8]) {
        var reader = PeerReader(bytes)
        var having: [String: Int] = [:]
        let texts = reader.number()
        while !reader.isAtEnd {
            let count = reader.number()
            having[reader.text()] = count
        }
        self.init(having: having, texts: texts)
    }
}
