import Foundation
import Glibc

extension Tokenizer {
    /// The files of a tokenizer, as Hugging Face names them.
    public enum FileName {
        public static let vocabulary = "vocab.json"
        public static let merges = "merges.txt"
        public static let configuration = "tokenizer_config.json"
    }

    /// What `tokenizer_config.json` says beside the other two.
    private struct Configuration: Decodable {
        // The file's own key.
        var do_lower_case: Bool?
    }

    /// Reads a tokenizer from a directory; without `tokenizer_config.json`, texts keep their case.
    public convenience init(directory: String) throws(TextError) {
        let configuration = directory + "/" + FileName.configuration
        try self.init(
            vocabulary: readFile(directory + "/" + FileName.vocabulary),
            merges: readFile(directory + "/" + FileName.merges),
            configuration: access(configuration, F_OK) == 0 ? readFile(configuration) : nil, directory: directory)
    }

    /// Takes a tokenizer from the contents of its files.
    /// - Parameter directory: named in errors.
    public convenience init(
        vocabulary: [UInt8], merges: [UInt8], configuration: [UInt8]?, directory: String
    ) throws(TextError) {
        let vocabularyPath = directory + "/" + FileName.vocabulary
        let entries = try VocabularyReader(vocabulary, path: vocabularyPath).read()
        let tokens = try orderedTokens(entries, path: vocabularyPath)
        var ids: [[UInt8]: Int32] = [:]
        for (id, token) in tokens.enumerated() where !Self.isSpecialPlace(id, of: tokens.count) {
            ids[token] = Int32(id)
        }
        let byteIDs = try (0..<256).map { byte throws(TextError) in
            guard let id = ids[[UInt8(byte)]] else {
                let name = ByteAlphabet.text(of: [UInt8(byte)])
                throw TextError.malformed(
                    path: vocabularyPath, line: 1, expected: "a token \(name) for byte \(byte)", found: "none")
            }
            return id
        }
        let pairs = try readMerges(merges, ids: ids, path: directory + "/" + FileName.merges)
        self.init(
            tokens: tokens, merges: pairs, byteIDs: byteIDs,
            lowercases: try Self.readConfiguration(configuration, path: directory + "/" + FileName.configuration))
    }

    static func isSpecialPlace(_ id: Int, of count: Int) -> Bool {
        id < leadingSpecials.count || id == count - 1
    }

    private static func readConfiguration(_ bytes: [UInt8]?, path: String) throws(TextError) -> Bool {
        guard let bytes else { return false }
        guard let configuration = try? JSONDecoder().decode(Configuration.self, from: Data(bytes)) else {
            throw .malformed(
                path: path, line: 1, expected: "a JSON object whose do_lower_case is true or false",
                found: "something else")
        }
        return configuration.do_lower_case ?? false
    }

    /// The contents of the tokenizer's files by name; the same tokenizer gives the same bytes.
    public var files: [(name: String, contents: [UInt8])] {
        [
            (FileName.vocabulary, Array(vocabularyText.utf8)), (FileName.merges, Array(mergesText.utf8)),
            (FileName.configuration, Array(configurationText.utf8)),
        ]
    }

    /// Writes `files` into an existing directory, each of them complete or not at all.
    public func save(to directory: String) throws(TextError) {
        for file in files { try writeFile(directory + "/" + file.name, file.contents) }
        try synchronize(directory: directory)
    }

    /// The characters of a token in `vocab.json`.
    private func name(of id: Int) -> String {
        Self.isSpecialPlace(id, of: tokens.count)
            ? String(decoding: tokens[id], as: UTF8.self) : ByteAlphabet.text(of: tokens[id])
    }

    private var vocabularyText: String {
        let rows = tokens.indices.map { id in
            let name = name(of: id).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "  \"\(name)\": \(id)"
        }
        return "{\n" + rows.joined(separator: ",\n") + "\n}\n"
    }

    private var mergesText: String {
        merges.reduce(into: "#version: 0.2\n") { text, merge in
            text += name(of: Int(merge.left)) + " " + name(of: Int(merge.right)) + "\n"
        }
    }

    private var configurationText: String {
        """
        {
          "add_prefix_space": false,
          "bos_token": "<s>",
          "cls_token": "<s>",
          "do_lower_case": \(lowercases),
          "eos_token": "</s>",
          "mask_token": "<mask>",
          "pad_token": "<pad>",
          "sep_token": "</s>",
          "tokenizer_class": "RobertaTokenizer",
          "unk_token": "<unk>"
        }

        """
    }
}

/// The tokens in order of id, special ones in their places.
private func orderedTokens(_ entries: [VocabularyReader.Entry], path: String) throws(TextError) -> [[UInt8]] {
    func fault(_ entry: VocabularyReader.Entry, _ expected: String, _ found: String) -> TextError {
        .malformed(path: path, line: entry.line, expected: expected, found: found)
    }
    var tokens = [[UInt8]?](repeating: nil, count: entries.count)
    for entry in entries {
        guard entries.indices.contains(entry.id), tokens[entry.id] == nil else {
            throw fault(entry, "ids 0 ..< \(entries.count), each once", "\(entry.id)")
        }
        if Tokenizer.isSpecialPlace(entry.id, of: entries.count) {
            let name = entry.id == entries.count - 1 ? Tokenizer.maskName : Tokenizer.leadingSpecials[entry.id]
            guard entry.token == name else { throw fault(entry, "\(name) with id \(entry.id)", entry.token) }
            tokens[entry.id] = Array(entry.token.utf8)
        } else {
            // Tokens added by hand need not be spelled in the alphabet of bytes.
            tokens[entry.id] = ByteAlphabet.bytes(of: entry.token) ?? Array(entry.token.utf8)
        }
    }
    return tokens.compactMap { $0 }
}

private func readMerges(
    _ bytes: [UInt8], ids: [[UInt8]: Int32], path: String
) throws(TextError) -> [(left: Int32, right: Int32, id: Int32)] {
    var merges: [(left: Int32, right: Int32, id: Int32)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        if line.isEmpty || (index == 0 && line.starts(with: Array("#version".utf8))) { continue }
        let text = String(decoding: line, as: UTF8.self)
        func fault(_ expected: String) -> TextError {
            .malformed(path: path, line: index + 1, expected: expected, found: "\"\(text)\"")
        }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw fault("two tokens and one blank") }
        guard let left = ByteAlphabet.bytes(of: parts[0]), let right = ByteAlphabet.bytes(of: parts[1]),
            let leftID = ids[left], let rightID = ids[right], let id = ids[left + right]
        else { throw fault("two tokens of the vocabulary that make a third") }
        merges.append((leftID, rightID, id))
    }
    return merges
}
