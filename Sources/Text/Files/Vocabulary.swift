/// A token as a file has it.
struct VocabularyEntry {
    /// The name, as UTF-8.
    var token: [UInt8]
    var id: Int32
    var line: Int
}

/// The tokens in order of id.
struct Vocabulary: Sendable {
    /// `(V)`, as UTF-8.
    let names: [[UInt8]]
    let specials: SpecialTokens
    /// `(256)`
    let byteIDs: [Int32]

    init(names: [[UInt8]], specials: SpecialTokens, byteIDs: [Int32]) {
        (self.names, self.specials, self.byteIDs) = (names, specials, byteIDs)
    }

    /// Orders entries and gives special tokens that are missing the ids after the last, so that what is there keeps its
    /// ids.
    /// - Returns: ids by name as well.
    static func make(
        _ entries: [VocabularyEntry], path: String
    ) throws(TextError) -> (vocabulary: Vocabulary, ids: [[UInt8]: Int32]) {
        let limit = MergeTable.mostTokens - SpecialTokens.names.count
        guard entries.count <= limit else {
            throw .malformed(
                path: path, line: entries.last?.line ?? 1, expected: "at most \(limit) tokens",
                found: "\(entries.count)")
        }
        var names = [[UInt8]?](repeating: nil, count: entries.count)
        var ids: [[UInt8]: Int32] = [:]
        ids.reserveCapacity(entries.count + SpecialTokens.names.count)
        for entry in entries {
            func fault(_ expected: String, _ found: String) -> TextError {
                .malformed(path: path, line: entry.line, expected: expected, found: found)
            }
            guard names.indices.contains(Int(entry.id)), names[Int(entry.id)] == nil else {
                throw fault("ids 0 ..< \(entries.count), each once", "\(entry.id)")
            }
            guard ids.updateValue(entry.id, forKey: entry.token) == nil else {
                throw fault("every token once", "\"\(String(decoding: entry.token, as: UTF8.self))\" again")
            }
            names[Int(entry.id)] = entry.token
        }
        var all = names.compactMap { $0 }
        let specials = SpecialTokens.names.map { name in
            let token = Array(name.utf8)
            if let id = ids[token] { return id }
            let id = Int32(all.count)
            all.append(token)
            ids[token] = id
            return id
        }
        let byteIDs = try (0..<256).map { byte throws(TextError) in
            let name = ByteAlphabet.text(of: [UInt8(byte)])
            guard let id = ids[Array(name.utf8)] else {
                throw TextError.malformed(
                    path: path, line: entries.last?.line ?? 1, expected: "a token \(name) for byte \(byte)",
                    found: "none")
            }
            return id
        }
        return (Vocabulary(names: all, specials: SpecialTokens(specials), byteIDs: byteIDs), ids)
    }
}

/// All that a tokenizer is made of.
struct TokenizerParts: Sendable {
    var vocabulary: Vocabulary
    var merges: [Tokenizer.Merge]
    var added: [AddedToken] = []
    var lowercases = false
    var addsPrefixSpace = false
}
