import Storage

extension Tokenizer {
    /// The files of a tokenizer, as Hugging Face names them.
    public enum FileName {
        public static let vocabulary = "vocab.json"
        public static let merges = "merges.txt"
        public static let configuration = "tokenizer_config.json"
        /// Read instead of the three others where it is.
        public static let document = "tokenizer.json"

        static let all = [document, vocabulary, merges, configuration]
    }

    /// None of the files is larger.
    private static let largestFile: UInt64 = 256 << 20

    /// Whether a directory holds a tokenizer.
    public static func exists(in directory: String) -> Bool {
        FileName.all.dropLast().contains { Directory.exists(directory + "/" + $0) }
    }

    /// Reads `tokenizer.json`, or else `vocab.json`, `merges.txt` and, where there is one, `tokenizer_config.json`.
    ///
    /// Where `manifest.sha256` lies beside them, their bytes must be those that it lists.
    public convenience init(directory: String) throws(TextError) {
        guard Self.exists(in: directory) else {
            throw .noTokenizer(path: directory, found: KnownDirectory.found(at: directory))
        }
        do throws(StorageError) {
            try Self.checkManifest(directory)
        } catch { throw .storage(error) }
        let document = directory + "/" + FileName.document
        if Directory.exists(document) {
            try self.init(document: Self.read(document), path: document)
            return
        }
        let configuration = directory + "/" + FileName.configuration
        try self.init(
            vocabulary: Self.read(directory + "/" + FileName.vocabulary),
            merges: Self.read(directory + "/" + FileName.merges),
            configuration: Directory.exists(configuration) ? Self.read(configuration) : nil, directory: directory)
    }

    private static func read(_ path: String) throws(TextError) -> [UInt8] {
        do throws(StorageError) {
            return try InputFile.textBytes(of: path, limit: largestFile)
        } catch { throw .storage(error) }
    }

    private static func checkManifest(_ directory: String) throws(StorageError) {
        guard Directory.exists(directory + "/" + ChecksumManifest.fileName) else { return }
        let manifest = try ChecksumManifest(directory: directory)
        for name in FileName.all where manifest.digests[name] != nil || Directory.exists(directory + "/" + name) {
            try manifest.verify(name, in: directory)
        }
    }

    /// Takes a tokenizer from the contents of `vocab.json`, `merges.txt` and `tokenizer_config.json`.
    /// - Parameter directory: named in errors.
    public convenience init(
        vocabulary: [UInt8], merges: [UInt8], configuration: [UInt8]?, directory: String
    ) throws(TextError) {
        let path = directory + "/" + FileName.vocabulary
        var reader = JSONReader(vocabulary, path: path)
        let entries = try VocabularyEntry.readAll(&reader)
        try reader.expectEnd()
        let mergesPath = directory + "/" + FileName.merges
        let configurationPath = directory + "/" + FileName.configuration
        let settings = try configuration.map { (bytes) throws(TextError) in
            try TokenizerConfiguration.read(bytes, path: configurationPath)
        }
        var parts = try Self.parts(
            entries, path: path, merges: MergesFile.read(merges, path: mergesPath), mergesPath: mergesPath,
            mergesLine: 1, added: settings?.added ?? [], addedPath: configurationPath)
        parts.lowercases = settings?.lowercases ?? false
        parts.addsPrefixSpace = settings?.addsPrefixSpace ?? false
        self.init(parts)
    }

    /// Takes a tokenizer from the contents of `tokenizer.json`.
    /// - Parameter path: named in errors.
    public convenience init(document bytes: [UInt8], path: String) throws(TextError) {
        let document = try TokenizerDocument(bytes, path: path)
        var parts = try Self.parts(
            document.entries, path: path, merges: document.merges, mergesPath: path, mergesLine: document.mergesLine,
            added: document.added, addedPath: path)
        parts.addsPrefixSpace = document.addsPrefixSpace
        self.init(parts)
    }

    private static func parts(
        _ entries: [VocabularyEntry], path: String, merges: [MergeEntry], mergesPath: String, mergesLine: Int,
        added: [AddedTokenEntry], addedPath: String
    ) throws(TextError) -> TokenizerParts {
        var entries = entries
        var known: [[UInt8]: Int32] = [:]
        if !added.isEmpty {
            for entry in entries { known[entry.token] = entry.id }
        }
        for (token, line) in added.map({ ($0.token, $0.line) }) {
            if let id = known[token.content] {
                guard id == token.id else {
                    throw .malformed(
                        path: addedPath, line: line,
                        expected: "the added token \(String(decoding: token.content, as: UTF8.self)) with id \(id)",
                        found: "\(token.id)")
                }
            } else {
                known[token.content] = token.id
                entries.append(VocabularyEntry(token: token.content, id: token.id, line: line))
            }
        }
        let (vocabulary, ids) = try Vocabulary.make(entries, path: path)
        let resolved = try MergesFile.resolve(merges, ids: ids, path: mergesPath)
        try MergesFile.checkCoverage(
            resolved, of: vocabulary, added: added.count, line: merges.last?.line ?? mergesLine, path: mergesPath)
        return TokenizerParts(vocabulary: vocabulary, merges: resolved, added: added.map(\.token))
    }
}
