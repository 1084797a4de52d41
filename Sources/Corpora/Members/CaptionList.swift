import FoundationEssentials
import Runtime

/// Several captions of one image: the member `captions.json`, a JSON list of texts. `txt` beside it holds the first.
public struct CaptionList: Sendable, Equatable {
    public static let memberName = "captions.json"
    /// Captions of one image at most, and bytes of the member.
    static let countLimit = 1 << 16
    static let byteLimit = 16 << 20

    public let captions: [String]

    /// - Parameter captions: at least one.
    public init(_ captions: [String]) {
        precondition(!captions.isEmpty, "a list of captions has one at least")
        self.captions = captions
    }

    /// Reads the member.
    public init(_ member: StoredSample.Member) throws(MemberError) {
        guard member.bytes.count <= Self.byteLimit else {
            throw MemberError(
                member: member.name, expected: "at most \(Self.byteLimit) bytes", found: "\(member.bytes.count)")
        }
        let found: [String]
        do { found = try JSONDecoder().decode([String].self, from: Data(member.bytes)) } catch {
            throw MemberError(
                member: member.name, expected: "a JSON list of texts", found: JSONFault.summary(error, in: member.bytes)
            )
        }
        guard (1...Self.countLimit).contains(found.count) else {
            throw MemberError(
                member: member.name, expected: "1...\(Self.countLimit) captions", found: "\(found.count)")
        }
        captions = found
    }

    var member: StoredSample.Member {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        // A list of texts is always JSON.
        let bytes = (try? encoder.encode(captions)).map { Array($0) } ?? []
        return .init(name: Self.memberName, bytes: bytes)
    }
}

extension StoredSample {
    /// All texts of the sample: its captions where it has several, or its one text; empty when it has none.
    public var texts: [String] {
        get throws(MemberError) {
            if let member = member([CaptionList.memberName]) { return try CaptionList(member).captions }
            guard let member = text else { return [] }
            guard let text = String(validating: member.bytes, as: UTF8.self) else {
                throw MemberError(member: member.name, expected: "UTF-8", found: "other bytes")
            }
            return [text]
        }
    }

    /// `texts`, for whom a sample whose texts can't be read is a fault of its corpus.
    /// - Parameter corpus: its directory, for messages.
    public func texts(in corpus: String) throws(CorpusError) -> [String] {
        do { return try texts } catch {
            throw .damaged(
                FileFault(
                    path: corpus + "/" + shard, offset: offset,
                    expected: "\(error.expected) in `\(error.member)` of \(key)",
                    found: error.found, remedy: "repair the source and pack it again"))
        }
    }

    /// Captions that `txt` does not hold, each with its place in the list, counted from 0.
    var furtherCaptions: [(place: Int, text: [UInt8])] {
        get throws(MemberError) {
            guard let member = member([CaptionList.memberName]) else { return [] }
            let captions = try CaptionList(member).captions.enumerated().map { (place: $0, text: Array($1.utf8)) }
            return captions.first?.text == text?.bytes ? Array(captions.dropFirst()) : captions
        }
    }
}
