/// An added token as a file has it.
struct AddedTokenEntry {
    var token: AddedToken
    var line: Int
}

/// What `tokenizer_config.json` says beside vocabulary and merges.
struct TokenizerConfiguration {
    var lowercases = false
    var addsPrefixSpace = false
    var added: [AddedTokenEntry] = []

    /// Keys that are not asked for here are left alone.
    static func read(_ bytes: [UInt8], path: String) throws(TextError) -> TokenizerConfiguration {
        var configuration = TokenizerConfiguration()
        var reader = JSONReader(bytes, path: path)
        try reader.readObject { (reader, key) throws(TextError) in
            let value = try reader.readValue()
            switch String(decoding: key, as: UTF8.self) {
            case "do_lower_case": configuration.lowercases = try truth(value, "do_lower_case", path)
            case "add_prefix_space": configuration.addsPrefixSpace = try truth(value, "add_prefix_space", path)
            case "added_tokens_decoder":
                guard let members = value.members else {
                    throw .malformed(
                        path: path, line: value.line, expected: "added_tokens_decoder: an object", found: value.summary)
                }
                configuration.added = try members.map { (member) throws(TextError) in
                    let id = String(decoding: member.key, as: UTF8.self)
                    return AddedTokenEntry(
                        token: try AddedToken(member.value, id: id, path: path), line: member.value.line)
                }
            default: break
            }
        }
        try reader.expectEnd()
        return configuration
    }

    private static func truth(_ value: JSONNode, _ key: String, _ path: String) throws(TextError) -> Bool {
        if value.isNull { return false }
        guard let bool = value.bool else {
            throw .malformed(path: path, line: value.line, expected: "\(key): true or false", found: value.summary)
        }
        return bool
    }
}

extension AddedToken {
    /// Bytes of a token's content at most: finding tokens takes a hundred times their memory.
    static let longest = 1024

    /// - Parameter id: where the key says it; nil where the object does.
    init(_ node: JSONNode, id key: String? = nil, path: String) throws(TextError) {
        func fault(_ expected: String, _ found: JSONNode?) -> TextError {
            .malformed(
                path: path, line: found?.line ?? node.line, expected: "an added token with \(expected)",
                found: found?.summary ?? "none")
        }
        func flag(_ key: String, or absent: Bool = false) throws(TextError) -> Bool {
            guard let member = node[key] else { return absent }
            guard let bool = member.bool else { throw fault("\(key) true or false", member) }
            return bool
        }
        let number: Double?
        if let key {
            number = key.utf8.allSatisfy { (48...57).contains($0) } ? Double(key) : nil
        } else {
            if case .number(let value)? = node["id"]?.kind { number = value } else { number = nil }
        }
        guard let number, number >= 0, number < 1e9, number == number.rounded() else {
            throw fault("an id of at most 9 digits", key == nil ? node["id"] : node)
        }
        guard let content = node["content"]?.string, !content.isEmpty else {
            throw fault("content that is not empty", node["content"])
        }
        guard content.count <= Self.longest else {
            throw fault("content of at most \(Self.longest) bytes", node["content"])
        }
        let special = try flag("special")
        self.init(
            id: Int32(number), content: content, singleWord: try flag("single_word"),
            stripsLeft: try flag("lstrip"), stripsRight: try flag("rstrip"),
            normalized: try flag("normalized", or: !special), special: special)
    }

    /// As a member of `added_tokens_decoder`.
    var json: [UInt8] {
        let flags = [
            ("lstrip", stripsLeft), ("normalized", normalized), ("rstrip", stripsRight), ("single_word", singleWord),
            ("special", special),
        ]
        let rest = flags.map { ", \"\($0)\": \($1)" }.joined()
        return Array("\"\(id)\": {\"content\": ".utf8) + JSONNode.quoted(content) + Array("\(rest)}".utf8)
    }
}
