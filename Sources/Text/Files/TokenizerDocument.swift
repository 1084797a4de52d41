/// The byte-level BPE form of `tokenizer.json`. What would make other ids is refused by its key; what a caller decides
/// (truncation, padding, the special tokens put around a text) is left alone.
struct TokenizerDocument {
    var entries: [VocabularyEntry] = []
    var merges: [MergeEntry] = []
    var added: [AddedTokenEntry] = []
    var addsPrefixSpace = false
    /// Of `merges`, or of the last line.
    var mergesLine = 1
    private var seen: Set<String> = []
    private let path: String

    init(_ bytes: [UInt8], path: String) throws(TextError) {
        self.path = path
        var reader = JSONReader(bytes, path: path)
        try readRoot(&reader)
        try reader.expectEnd()
        for key in ["pre_tokenizer", "model.vocab", "model.merges"] where !seen.contains(key) {
            throw unsupported(key, at: reader.line, expected: "a byte-level BPE tokenizer's", found: "none")
        }
    }

    private func unsupported(_ key: String, at line: Int, expected: String, found: String) -> TextError {
        .unsupported(path: path, line: line, key: key, expected: expected, found: found)
    }

    private func require(
        _ condition: Bool, _ key: String, _ expected: String, _ node: JSONNode
    ) throws(TextError) {
        guard condition else { throw unsupported(key, at: node.line, expected: expected, found: node.summary) }
    }

    private mutating func first(_ key: String, _ reader: JSONReader) throws(TextError) {
        guard seen.insert(key).inserted else { throw reader.fault("\(key) once") }
    }

    private mutating func readRoot(_ reader: inout JSONReader) throws(TextError) {
        var document = self
        try reader.readObject { (reader, name) throws(TextError) in
            let key = String(decoding: name, as: UTF8.self)
            try document.first(key, reader)
            switch key {
            case "model": try document.readModel(&reader)
            case "added_tokens": try document.readAdded(&reader)
            case "version":
                let node = try reader.readValue()
                try document.require(node.string == Array("1.0".utf8), key, "\"1.0\"", node)
            case "truncation", "padding": _ = try reader.readValue()
            case "normalizer":
                let node = try reader.readValue()
                try document.require(node.isNull, key, "null", node)
            case "pre_tokenizer": try document.readPreTokenizer(reader.readValue())
            case "decoder":
                let node = try reader.readValue()
                try document.require(node.isNull || node.type == "ByteLevel", key, "ByteLevel", node)
            case "post_processor": try document.checkPostProcessor(reader.readValue())
            default: throw document.unsupported(key, at: reader.line, expected: "no such key", found: "it")
            }
        }
        self = document
    }

    private mutating func readAdded(_ reader: inout JSONReader) throws(TextError) {
        let node = try reader.readValue()
        if node.isNull { return }
        guard case .array(let elements) = node.kind else {
            throw unsupported("added_tokens", at: node.line, expected: "a list", found: node.summary)
        }
        added = try elements.map { (element) throws(TextError) in
            AddedTokenEntry(token: try AddedToken(element, path: path), line: element.line)
        }
    }

    private mutating func readPreTokenizer(_ node: JSONNode) throws(TextError) {
        try require(node.type == "ByteLevel", "pre_tokenizer", "ByteLevel", node)
        for (name, value) in node.members ?? [] {
            let key = "pre_tokenizer.\(String(decoding: name, as: UTF8.self))"
            switch key {
            case "pre_tokenizer.type", "pre_tokenizer.trim_offsets": break
            case "pre_tokenizer.use_regex": try require(value.bool == true, key, "true", value)
            case "pre_tokenizer.add_prefix_space":
                try require(value.bool != nil, key, "true or false", value)
                addsPrefixSpace = value.bool == true
            default: throw unsupported(key, at: value.line, expected: "no such key", found: value.summary)
            }
        }
    }

    /// What is put around a text is not asked for here.
    private func checkPostProcessor(_ node: JSONNode) throws(TextError) {
        let known = ["ByteLevel", "RobertaProcessing", "BertProcessing", "TemplateProcessing"]
        if case .array(let processors)? = node["processors"]?.kind, node.type == "Sequence" {
            for processor in processors { try checkPostProcessor(processor) }
            return
        }
        try require(
            node.isNull || node.type.map(known.contains) == true, "post_processor", known.joined(separator: " or "),
            node)
    }

    private mutating func readModel(_ reader: inout JSONReader) throws(TextError) {
        var document = self
        try reader.readObject { (reader, name) throws(TextError) in
            let key = "model.\(String(decoding: name, as: UTF8.self))"
            try document.first(key, reader)
            switch key {
            case "model.vocab":
                document.entries = try VocabularyEntry.readAll(&reader)
            case "model.merges":
                try document.readMerges(&reader)
            default: try document.checkModel(key, reader.readValue())
            }
        }
        self = document
    }

    /// Settings that this tokenizer has no counterpart of must be off.
    private func checkModel(_ key: String, _ node: JSONNode) throws(TextError) {
        let isEmpty = node.isNull || node.string == []
        switch key {
        case "model.type": try require(node.string == Array("BPE".utf8), key, "\"BPE\"", node)
        case "model.dropout":
            if case .number(0) = node.kind { return }
            try require(node.isNull, key, "null", node)
        case "model.continuing_subword_prefix", "model.end_of_word_suffix": try require(isEmpty, key, "null", node)
        case "model.byte_fallback", "model.ignore_merges":
            try require(node.isNull || node.bool == false, key, "false", node)
        // Every byte is a token: nothing is unknown.
        case "model.unk_token", "model.fuse_unk": break
        default: throw unsupported(key, at: node.line, expected: "no such key", found: node.summary)
        }
    }

    /// Strings `"a b"` or pairs `["a", "b"]`.
    private mutating func readMerges(_ reader: inout JSONReader) throws(TextError) {
        var merges: [MergeEntry] = []
        _ = reader.next()
        mergesLine = reader.line
        try reader.readArray { (reader) throws(TextError) in
            let isPair = reader.next() == UInt8(ascii: "[")
            let line = reader.line
            if isPair {
                var parts: [[UInt8]] = []
                try reader.readArray { (reader) throws(TextError) in
                    guard parts.count < 2 else { throw reader.fault("two tokens") }
                    parts.append(try reader.readString())
                }
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw reader.fault("two tokens") }
                let merge = MergeEntry(left: parts[0], right: parts[1], line: line)
                try MergesFile.append(merge, to: &merges, path: reader.path)
            } else {
                guard let merge = MergesFile.parse(try reader.readString(), line: line) else {
                    throw reader.fault("two tokens and one blank before this")
                }
                try MergesFile.append(merge, to: &merges, path: reader.path)
            }
        }
        self.merges = merges
    }
}

extension VocabularyEntry {
    /// An object from token to id.
    static func readAll(_ reader: inout JSONReader) throws(TextError) -> [VocabularyEntry] {
        var entries: [VocabularyEntry] = []
        try reader.readObject { (reader, token) throws(TextError) in
            guard entries.count < MergeTable.mostTokens else {
                throw reader.fault("at most \(MergeTable.mostTokens) tokens")
            }
            entries.append(VocabularyEntry(token: token, id: try reader.readID(), line: reader.line))
        }
        return entries
    }
}
