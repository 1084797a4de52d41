import Corpora

/// What tells a corpus from another, or from itself before it was changed.
struct CorpusIdentity: Codable, Equatable {
    /// Pins down every byte and their order.
    var fingerprint: String
    var kind: CorpusKind
    var samples: Int
    /// Decompressed.
    var bytes: Int

    init(_ corpus: any StoredCorpus) {
        fingerprint = corpus.fingerprint
        kind = corpus.kind
        samples = corpus.count
        bytes = corpus.rawBytes
    }
}

extension [String: CorpusIdentity] {
    /// What is different from `old`, a phrase for each corpus; empty when nothing is.
    func differences(from old: [String: CorpusIdentity]) -> [String] {
        Set(keys).union(old.keys).sorted().compactMap { name in
            switch (old[name], self[name]) {
            case (nil, let new?): "\(name) is new (\(new.samples) samples)"
            case (let old?, nil): "\(name) is gone (\(old.samples) samples)"
            case (let old?, let new?) where old != new: "\(name) has \(Self.difference(old, new))"
            default: nil
            }
        }
    }

    private static func difference(_ old: CorpusIdentity, _ new: CorpusIdentity) -> String {
        var parts: [String] = []
        if old.kind != new.kind { parts.append("\(new.kind.rawValue) instead of \(old.kind.rawValue)") }
        if old.samples != new.samples { parts.append("\(new.samples) samples instead of \(old.samples)") }
        if old.bytes != new.bytes { parts.append("\(new.bytes) bytes instead of \(old.bytes)") }
        if parts.isEmpty { parts.append("as many samples and bytes, but other ones or in another order") }
        return parts.joined(separator: ", ")
            + " (fingerprint \(new.fingerprint.prefix(12)), was \(old.fingerprint.prefix(12)))"
    }
}
