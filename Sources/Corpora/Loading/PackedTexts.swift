import Runtime

/// A corpus of texts in which a sample is a number of consecutive ones, for an objective that reads longer sequences than
/// the texts are. Pieces of one document become one text again.
public final class PackedTexts: StoredCorpus {
    private let texts: any StoredCorpus
    /// Consecutive texts of a sample.
    public let group: Int

    init(_ texts: any StoredCorpus, group: Int) {
        precondition(group > 0, "samples of \(group) texts")
        self.texts = texts
        self.group = group
    }

    /// As many texts to a sample as fill a sequence on average; the corpus itself when one does.
    public static func filling(sequenceBytes: Int, of texts: any StoredCorpus) -> any StoredCorpus {
        let bytes = max(1, ((try? texts.textBytes) ?? 0) / max(1, texts.count))
        let group = sequenceBytes / bytes
        return group < 2 ? texts : PackedTexts(texts, group: min(group, max(1, texts.count)))
    }

    public var name: String { texts.name }
    public var kind: CorpusKind { texts.kind }
    public var fingerprint: String { texts.fingerprint }
    public var count: Int { (texts.count + group - 1) / group }
    public var rawBytes: Int { texts.rawBytes }
    public var textBytes: Int { get throws { try texts.textBytes } }
    public var reading: ReadingCounts { texts.reading }
    public var cacheBytes: Int { texts.cacheBytes }

    /// A sample is read with the frame in which its first text lies.
    public var frameSamples: [Int] {
        var first = 0
        return texts.frameSamples.map { samples in
            defer { first += samples }
            return (first + samples + group - 1) / group - (first + group - 1) / group
        }.filter { $0 > 0 }
    }

    private func members(_ index: Int) -> Range<Int> { index * group..<min((index + 1) * group, texts.count) }

    /// The key of the first text.
    public func key(_ index: Int) throws -> String { try texts.key(index * group) }

    public func textBytes(_ index: Int) throws -> Int {
        try members(index).reduce(0) { try $0 + texts.textBytes($1) }
    }

    public func read(_ index: Int) throws -> StoredSample { try read(index, for: .order) }

    /// One text member for each document.
    public func read(_ index: Int, for purpose: ReadPurpose) throws -> StoredSample {
        var found = try texts.read(index * group, for: purpose)
        var last = found.key
        for number in members(index).dropFirst() {
            let next = try texts.read(number, for: purpose)
            guard let text = next.text else { continue }
            if Self.goesOn(last, next.key), let end = found.members.indices.last {
                found.members[end].bytes += [UInt8(ascii: " ")] + text.bytes
            } else {
                found.members.append(text)
            }
            last = next.key
        }
        return found
    }

    /// Whether the second key is that of a later piece of the same document: `document@offset`.
    private static func goesOn(_ key: String, _ next: String) -> Bool {
        guard let at = key.utf8.lastIndex(of: UInt8(ascii: "@")), let mark = next.utf8.lastIndex(of: UInt8(ascii: "@"))
        else { return false }
        return key[..<at] == next[..<mark]
    }
}
