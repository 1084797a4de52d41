/// What a caption says is there: objects, what they are like, and how they stand to each other.
///
/// Every part knows where in the caption it is said. Ranges are offsets into the caption's UTF-8 bytes and fall on
/// character boundaries, so that words can be replaced in place.
public struct SceneGraph: Sendable, Equatable {
    public struct Object: Sendable, Hashable {
        /// Lower-case and singular; several words for a compound or a name ("tennis court").
        public var lemma: String
        /// The words of the lemma, without articles and attributes.
        public var range: Range<Int>
        /// Whether the caption has it in the plural.
        public var isPlural: Bool
    }

    public struct Attribute: Sendable, Hashable {
        /// Index into `objects`.
        public var object: Int
        /// As written, lower-case; a verb without object in its base form ("lie down").
        public var text: String
        public var range: Range<Int>
    }

    public struct Relation: Sendable, Hashable {
        /// Index into `objects`.
        public var subject: Int
        /// A preposition, a verb's lemma, or both ("sit on").
        public var predicate: String
        /// The words of the predicate, which need not be neighbours; none where the caption leaves them out.
        public var ranges: [Range<Int>]
        /// Index into `objects`.
        public var object: Int
    }

    /// In the order of the caption.
    public var objects: [Object] = []
    public var attributes: [Attribute] = []
    public var relations: [Relation] = []

    public init() {}
}
