import Collectives
import Corpora
import Runtime

/// A rank's part of the search for neighbours: every rank searches its part of each collection for all pairs of a round, and
/// rank 0 puts together what they find.
final class NeighbourSearch {
    /// Pairs of a round.
    static let round = ImageCollection.queries

    /// What a pair is compared by.
    private struct Query {
        var key: String
        /// `(C)`; empty where images aren't searched.
        var mean: [Float] = []
        /// All captions; empty where texts aren't searched, or the pair has none.
        var text = ""
    }

    private typealias Neighbour = NeighbourList.Neighbour

    private let pairs: any StoredCorpus
    private let images: ImageCollection?
    private let texts: TextCollection?
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
        let imageCount = job.images?.count ?? 0
        let imagePart = ImageCollection.part(ranks.rank, of: ranks.size, count: imageCount)
        let textPart = TextCollection.part(ranks.rank, of: ranks.size, count: job.texts?.count ?? 0)
        let total = imagePart.count + textPart.count
        images = try job.images.map { corpus in
            try ImageCollection(corpus, range: imagePart, width: job.width, pool: pool) { done, _ in
                try progress(done, total)
            }
        }
        texts = try job.texts.map { corpus in
            try TextCollection(corpus, range: textPart, ranks: ranks, pool: pool) { done, _ in
                try progress(imagePart.count + done, total)
            }
        }
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
            try texts.search(queries.map(\.text), limit: limit, floor: floor, pool: pool).map {
                named($0, texts.keys, texts.range)
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
        let read = try pool.map(part.count) { task, _ in try query(range.lowerBound + part.lowerBound + task) }
        var bytes = PeerBytes()
        for query in read {
            bytes.put(query.key)
            bytes.put(query.mean)
            bytes.put(query.text)
        }
        let own = bytes.bytes
        return try ranks.perform("gathering pairs") { try $0.allGather(own) }.flatMap { bytes in
            var reader = PeerReader(bytes)
            var queries: [Query] = []
            while !reader.isAtEnd {
                queries.append(Query(key: reader.text(), mean: reader.floats(), text: reader.text()))
            }
            return queries
        }
    }

    private func query(_ number: Int) throws -> Query {
        let sample = try pairs.read(number)
        var query = Query(key: sample.key)
        if let images { query.mean = try sample.regionMean(width: images.width, in: pairs.place) }
        if texts != nil { query.text = try sample.captions(in: pairs.place).joined(separator: " ") }
        return query
    }

    private func named(_ matches: [Match], _ keys: [String], _ range: Range<Int>) -> [Neighbour] {
        matches.map { Neighbour(sample: $0.number, key: keys[$0.number - range.lowerBound], score: $0.score) }
    }

    /// The best of all ranks'.
    private func merged(_ parts: [[Neighbour]], key: String) -> [Neighbour] {
        let all = parts.joined().filter { !settings.excludesSame || $0.key != key }
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
