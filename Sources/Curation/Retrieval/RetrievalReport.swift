public import Corpora
public import Runtime

/// What retrieval has come to.
public struct RetrievalReport: Sendable {
    public var samples: Int
    public var fingerprint: String
    /// In which rank 0 read its part of the collections, and in which all ranks compared.
    public var readingSeconds: Double
    public var comparingSeconds: Double
    /// What was searched; nil where nothing was.
    public var images: NeighbourTally.Part?
    public var texts: NeighbourTally.Part?
    /// The first pairs that have neighbours.
    public var examples: [NeighbourTally.Example]
}

/// Stored neighbours, counted.
public struct NeighbourTally: Sendable, Equatable {
    /// Of images, or of texts.
    public struct Part: Sendable, Equatable {
        public internal(set) var neighbours = 0
        /// Pairs that have none.
        public internal(set) var without = 0
        /// Sums over the pairs that have some: the first one's cosine, and the last one's.
        fileprivate var first = 0.0
        fileprivate var last = 0.0
        fileprivate var pairs = 0

        /// Means over the pairs that have some; nil where none has.
        public var meanFirst: Double? { pairs > 0 ? first / Double(pairs) : nil }
        public var meanLast: Double? { pairs > 0 ? last / Double(pairs) : nil }

        fileprivate mutating func add(_ list: [NeighbourList.Neighbour]) {
            neighbours += list.count
            guard let best = list.first, let worst = list.last else {
                without += 1
                return
            }
            pairs += 1
            first += Double(best.score)
            last += Double(worst.score)
        }

        fileprivate mutating func add(_ later: Part) {
            neighbours += later.neighbours
            without += later.without
            first += later.first
            last += later.last
            pairs += later.pairs
        }
    }

    /// A pair with the neighbours that are most like it.
    public struct Example: Sendable, Equatable {
        public var key: String
        public var image: NeighbourList.Neighbour?
        public var text: NeighbourList.Neighbour?
    }

    public private(set) var images = Part()
    public private(set) var texts = Part()
    /// The first pairs that have neighbours.
    public private(set) var examples: [Example] = []

    private static let exampleLimit = 3

    private init() {}

    /// Counts the neighbours of a corpus of annotations.
    public init(_ corpus: any StoredCorpus, pool: WorkerPool) throws {
        let parts = try corpus.folded(from: NeighbourTally(), pool: pool) { $0.add(try NeighbourList($1), key: $1.key) }
        self = parts.reduce(into: NeighbourTally()) { $0.add($1) }
    }

    private mutating func add(_ list: NeighbourList, key: String) {
        images.add(list.images)
        texts.add(list.texts)
        guard list != NeighbourList(), examples.count < Self.exampleLimit else { return }
        examples.append(Example(key: key, image: list.images.first, text: list.texts.first))
    }

    private mutating func add(_ later: NeighbourTally) {
        images.add(later.images)
        texts.add(later.texts)
        examples += later.examples.prefix(Self.exampleLimit - examples.count)
    }
}
