import Collectives
import Corpora
import Runtime

/// A rank's part of the search for neighbours: every rank searches its part of each collection for all pairs of a round, and
/// rank 0 puts together what they find.
final class NeighbourSearch {
    /// Pairs of a round.
    static let round = VectorCollection.queries

    /// What a pair is compared by.
    private struct Query {
        var key: String
        /// `(C)`; empty where images aren't searched.
        var mean: [Float] = []
        /// All captions; empty where texts aren't searched by their words, or the pair has none.
        var text = ""
        /// `(C)`; empty where texts aren't searched by a model's embedding.
        var meaning: [Float] = []
    }

    private enum Texts {
        case byWords(TextCollection)
        case byMeaning(VectorCollection)
    }

    private typealias Neighbour = NeighbourList.Neighbour

    private let pairs: any StoredCorpus
    private let embedder: (any TextEmbedder)?
    private let images: VectorCollection?
    private let texts: Texts?
    private let settings: RetrievalSettings
    private let ranks: CommunicationThread
    private let pool: WorkerPool

    /// Reads this rank's part of the collections. Collective.
    /// - Parameter progress: called between rounds with samples of the rank's part; what it throws ends the work.
    init(
        _ job: RetrievalJob, ranks: CommunicationThread, pool: WorkerPool,
        progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        pairs = job.pairs
        settings = job.settings
        self.ranks = ranks
        self.pool = pool
        embedder = job.embedder
        let imagePart = VectorCollection.part(ranks.rank, of: ranks.size, count: job.images?.count ?? 0)
        images = try job.images.map { corpus in
            try VectorCollection(corpus, range: imagePart, RegionMeans(width: job.width), pool: pool) { done, _ in
                try progress(done, imagePart.count)
            }
        }
        texts = try job.texts.map { corpus in
            try Self.collection(of: corpus, job.embedder, ranks, pool) { done, total in
                try progress(imagePart.count + done, imagePart.count + total)
            }
        }
    }

    private static func collection(
        of texts: any StoredCorpus, _ embedder: (any TextEmbedder)?, _ ranks: CommunicationThread, _ pool: WorkerPool,
        _ progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> Texts {
        if let embedder {
            let part = VectorCollection.part(ranks.rank, of: ranks.size, count: texts.count)
            return .byMeaning(
                try VectorCollection(
                    texts, range: part, TextMeanings(embedder: embedder), pool: pool, progress: progress))
        }
        let part = TextCollection.part(ranks.rank, of: ranks.size, count: texts.count)
        return .byWords(try TextCollection(texts, range: part, ranks: ranks, pool: pool, progress: progress))
    }

    /// The neighbours of some pairs, with the pairs' keys, on rank 0; nothing elsewhere. Collective.
    /// - Parameter range: `Self.round` pairs at most.
    func neighbours(of range: Range<Int>) throws -> [(key: String, list: NeighbourList)] {
        let queries = try queries(range)
        let limit = settings.count + (settings.excludesSame ? 1 : 0)
        let floor = settings.threshold ?? -.infinity
        let likeImages = images.map { images in
            images.search(queries.map(\.mean), limit: limit, floor: floor, pool: pool).map {
                named($0, images.keys, images.range)
            }
        }
        let likeTexts = try texts.map { texts in
            switch texts {
            case .byWords(let texts):
                try texts.search(queries.map(\.text), limit: limit, floor: floor, pool: pool).map {
                    named($0, texts.keys, texts.range)
                }
            case .byMeaning(let texts):
                texts.search(queries.map(\.meaning), limit: limit, floor: floor, pool: pool).map {
                    named($0, texts.keys, texts.range)
                }
            }
        }
        var found = PeerBytes()
        for query in queries.indices {
            for list in [likeImages?[query] ?? [], likeTexts?[query] ?? []] { found.put(list) }
        }
        let bytes = found.bytes
        var parts = try ranks.perform("gathering neighbours") { try $0.gather(bytes) }.map(PeerReader.init)
        guard ranks.rank == 0 else { return [] }
        return queries.map { query in
            let likeImages = merged(parts.indices.map { parts[$0].neighbours() }, key: query.key)
            let likeTexts = merged(parts.indices.map { parts[$0].neighbours() }, key: query.key)
            return (query.key, NeighbourList(images: likeImages, texts: likeTexts))
        }
    }

    /// What every pair of the range is compared by: each rank reads a part of them.
    private func queries(_ range: Range<Int>) throws -> [Query] {
        let part = TextCollection.part(ranks.rank, of: ranks.size, count: range.count)
        let own = range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        let read = try pool.map(part.count) { task, _ in try query(own.lowerBound + task) }
        let meanings = try embedder.map {
            try TextMeanings(embedder: $0).read(own, of: pairs, pool: pool).map(\.vector)
        }
        var bytes = PeerBytes()
        for (place, query) in read.enumerated() {
            bytes.put(query.key)
            bytes.put(query.mean)
            bytes.put(query.text)
            bytes.put(meanings?[place] ?? [])
        }
        let sent = bytes.bytes
        return try ranks.perform("gathering pairs") { try $0.allGather(sent) }.flatMap { bytes in
            var reader = PeerReader(bytes)
            var queries: [Query] = []
            while !reader.isAtEnd {
                queries.append(
                    Query(key: reader.text(), mean: reader.floats(), text: reader.text(), meaning: reader.floats()))
            }
            return queries
        }
    }

    private func query(_ number: Int) throws -> Query {
        let sample = try pairs.read(number)
        var query = Query(key: sample.key)
        if let images { query.mean = try sample.regionMean(width: images.width, in: pairs.place) }
        if case .byWords = texts { query.text = try sample.captions(in: pairs.place).joined(separator: " ") }
        return query
    }

    private func named(_ matches: [Match], _ keys: [String], _ range: Range<Int>) -> [Neighbour] {
        matches.map { Neighbour(sample: $0.number, key: keys[$0.number - range.lowerBound], score: $0.score) }
    }

    /// The best of all ranks'.
    private func merged(_ parts: [[Neighbour]], key: String) -> [Neighbour] {
        let all = parts.joined().filter { !settings.excludesSame || ByteText($0.key) != ByteText(key) }
        return Array(all.sorted { ($1.score, $0.sample) < ($0.score, $1.sample) }.prefix(settings.count))
    }
}

extension PeerBytes {
    fileprivate mutating func put(_ neighbours: [NeighbourList.Neighbour]) {
        put(neighbours.count)
        for neighbour in neighbours {
            put(neighbour.sample)
            put(neighbour.key)
            put(neighbour.score)
        }
    }
}

extension PeerReader {
    fileprivate mutating func neighbours() -> [NeighbourList.Neighbour] {
        let count = number()
        return (0..<count).map { _ in NeighbourList.Neighbour(sample: number(), key: text(), score: float()) }
    }
}
