import FoundationEssentials
import Runtime

/// What may be said of an image instead of its captions: the member `rewrites.json` of annotations (UNIMO, arXiv 2012.15409).
public struct RewriteList: Sendable, Equatable, Codable {
    public static let memberName = "rewrites.json"
    /// Texts of one image at most, and bytes of the member.
    static let countLimit = 1 << 16
    static let byteLimit = 16 << 20

    /// How much of a caption was replaced.
    public enum Level: String, Sendable, Codable, CaseIterable {
        /// One object, attribute or relation.
        case word
        /// An attribute with its object, or a relation with its object.
        case phrase
        /// All of it: the caption of another image.
        case sentence
    }

    /// What part of a caption was replaced.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case object, attribute, relation
        /// An attribute with its object, and a relation with its object.
        case attributeObject = "attribute_object"
        case relationObject = "relation_object"

        public var level: Level { self == .attributeObject || self == .relationObject ? .phrase : .word }
    }

    /// A text that says something else than the image shows.
    public struct Rewrite: Sendable, Equatable, Codable {
        public var text: String
        public var level: Level
        /// What part was replaced, what it said, and what stands there now; nil at the level of sentences.
        public var kind: Kind?
        public var replaced: String?
        public var replacement: String?

        public init(
            text: String, level: Level, kind: Kind? = nil, replaced: String? = nil, replacement: String? = nil
        ) {
            self.text = text
            self.level = level
            self.kind = kind
            self.replaced = replaced
            self.replacement = replacement
        }
    }

    /// Texts that say the same as the image's captions: all its captions where it has several, and what is known besides.
    /// Who draws one caption as the original passes over its equal here.
    public var paraphrases: [String]
    /// Texts that say something else.
    public var rewritten: [Rewrite]

    public init(paraphrases: [String] = [], rewritten: [Rewrite] = []) {
        self.paraphrases = paraphrases
        self.rewritten = rewritten
    }

    /// Reads the member of a sample of annotations.
    public init(_ sample: StoredSample) throws(MemberError) {
        self = try AnnotationMember.read(Self.memberName, of: sample, limit: Self.byteLimit, as: "lists of texts")
        let texts = paraphrases + rewritten.map(\.text)
        guard texts.count <= Self.countLimit else {
            throw MemberError(
                member: Self.memberName, expected: "at most \(Self.countLimit) texts", found: "\(texts.count)")
        }
        guard !texts.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
            throw MemberError(member: Self.memberName, expected: "texts", found: "one of nothing but blanks")
        }
    }

    public var member: StoredSample.Member { AnnotationMember.written(self, name: Self.memberName) }
}

/// Members of annotations are JSON objects.
enum AnnotationMember {
    static func read<Value: Decodable>(
        _ name: String, of sample: StoredSample, limit: Int, as expected: String
    ) throws(MemberError) -> Value {
        guard let member = sample.member([name]) else {
            throw MemberError(member: name, expected: "to be in the sample", found: "nothing")
        }
        guard member.bytes.count <= limit else {
            throw MemberError(member: name, expected: "at most \(limit) bytes", found: "\(member.bytes.count)")
        }
        do { return try JSONDecoder().decode(Value.self, from: Data(member.bytes)) } catch {
            throw MemberError(member: name, expected: expected, found: JSONFault.summary(error, in: member.bytes))
        }
    }

    static func written(_ value: some Encodable, name: String) -> StoredSample.Member {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and finite numbers are always JSON.
        return .init(name: name, bytes: (try? encoder.encode(value)).map { Array($0) } ?? [])
    }
}
