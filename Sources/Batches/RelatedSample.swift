/// A sample that another one is compared with, and what it is to that one.
public struct RelatedSample: Sendable, Equatable {
    public enum Role: String, Sendable, Equatable, Codable, CaseIterable {
        /// A text that says the same of the same image.
        case paraphrase
        /// A text that says something else of the same image.
        case rewritten
        /// An image like the sample's, found in another corpus.
        case image
        /// A text like the sample's, found in another corpus.
        case text

        /// Whether it is encoded together with the sample's image.
        public var isJoint: Bool { self == .paraphrase || self == .rewritten }
    }

    public var role: Role
    public var sample: Sample

    public init(_ role: Role, _ sample: Sample) {
        self.role = role
        self.sample = sample
    }
}

/// How many related samples a step draws for each pair, at most; a pair that has fewer gets what it has.
public struct RelatedNeeds: Sendable, Equatable {
    public var paraphrases: Int
    /// Rewritten texts, by how much of the caption was replaced.
    public var words: Int
    public var phrases: Int
    public var sentences: Int
    public var images: Int
    public var texts: Int

    public init(
        paraphrases: Int = 0, words: Int = 0, phrases: Int = 0, sentences: Int = 0, images: Int = 0, texts: Int = 0
    ) {
        let counts = [paraphrases, words, phrases, sentences, images, texts]
        precondition(counts.allSatisfy { $0 >= 0 } && counts.reduce(0, +) < 256, "related samples: \(counts)")
        self.paraphrases = paraphrases
        self.words = words
        self.phrases = phrases
        self.sentences = sentences
        self.images = images
        self.texts = texts
    }

    public var rewritten: Int { words + phrases + sentences }
    /// Texts that are encoded together with the image.
    public var joint: Int { paraphrases + rewritten }
}
