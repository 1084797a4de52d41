import Runtime

/// Samples of other corpora that are like a pair: the member `neighbours.json` of annotations (UNIMO, arXiv 2012.15409).
public struct NeighbourList: Sendable, Equatable, Codable {
    public static let memberName = "neighbours.json"
    /// What `CorpusIndex.madeFrom` calls the corpora of images and of texts.
    public static let imagesName = "images"
    public static let textsName = "texts"
    /// Neighbours of one pair at most, and bytes of the member.
    static let countLimit = 1 << 16
    static let byteLimit = 16 << 20

    public struct Neighbour: Sendable, Equatable, Codable {
        /// Which sample of the other corpus, counted from 0, and its key.
        public var sample: Int
        public var key: String
        /// Cosine.
        public var score: Float

        public init(sample: Int, key: String, score: Float) {
            self.sample = sample
            self.key = key
            self.score = score
        }
    }

    /// Most similar first.
    public var images: [Neighbour]
    public var texts: [Neighbour]

    public init(images: [Neighbour] = [], texts: [Neighbour] = []) {
        self.images = images
        self.texts = texts
    }

    /// Reads the member of a sample of annotations.
    public init(_ sample: StoredSample) throws(MemberError) {
        self = try AnnotationMember.read(Self.memberName, of: sample, limit: Self.byteLimit, as: "lists of samples")
        guard images.count + texts.count <= Self.countLimit else {
            throw MemberError(
                member: Self.memberName, expected: "at most \(Self.countLimit) samples",
                found: "\(images.count + texts.count)")
        }
        for neighbour in images + texts where neighbour.sample < 0 || !neighbour.score.isFinite {
            throw MemberError(
                member: Self.memberName, expected: "numbers of samples with finite scores",
                found: "sample \(neighbour.sample), score \(neighbour.score)")
        }
    }

    public var member: StoredSample.Member { AnnotationMember.written(self, name: Self.memberName) }
}
