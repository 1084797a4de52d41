public import Storage

/// WordNet 3 in memory: which lemmas there are in which word classes, how frequent they are, what they mean, and which
/// lemma a form in a text belongs to. Nothing changes after it is made: any thread may ask it.
///
/// Lemmas are lower-case, collocations with underscores ("park_bench"), as WordNet's index files write them.
/// Source: Miller, WordNet: a lexical database for English, CACM 1995; the files are described in wndb(5WN).
public final class Lexicon: Sendable {
    /// Where Debian's `wordnet-base` puts the dictionary.
    public static let systemDirectory = "/usr/share/wordnet"

    let lexemes: LexemeTable
    let synsets: SynsetTable
    let exceptions: ExceptionLists
    /// SHA-256 over the digests of all files read.
    public let digest: String

    /// Reads `index.*`, `data.*` and `*.exc` of the directory, and `cntlist.rev` where it is there; without it, frequencies
    /// are the number of tagged senses.
    ///
    /// - Throws: `StorageError.system` for a missing file, `.damaged` with the byte where a file isn't what wndb(5WN) says.
    public init(directory: String = Lexicon.systemDirectory) throws(StorageError) {
        var lexemes = LexemeTable()
        var synsets = SynsetTable()
        for partOfSpeech in PartOfSpeech.allCases {
            let suffix = partOfSpeech.fileSuffix
            try synsets.read(DictionaryFile(path: "\(directory)/data.\(suffix)"), partOfSpeech)
            let index = try DictionaryFile(path: "\(directory)/index.\(suffix)")
            try lexemes.read(index, partOfSpeech, synsets: synsets)
        }
        if let counts = try Self.counts(in: directory) { try lexemes.readCounts(counts) }
        lexemes.shrink()
        synsets.shrink()
        self.lexemes = lexemes
        self.synsets = synsets
        exceptions = try ExceptionLists(directory: directory)
        digest = try Self.digest(of: directory)
    }

    private static func digest(of directory: String) throws(StorageError) -> String {
        var digests: [String] = []
        for partOfSpeech in PartOfSpeech.allCases {
            let suffix = partOfSpeech.fileSuffix
            for name in ["data.\(suffix)", "index.\(suffix)", "\(suffix).exc"] {
                digests.append(try InputFile(path: "\(directory)/\(name)").digest().sha256)
            }
        }
        do throws(StorageError) {
            digests.append(try InputFile(path: "\(directory)/cntlist.rev").digest().sha256)
        } catch { guard error.isMissingFile else { throw error } }
        return SHA256.hex(of: digests.joined())
    }

    /// Opens the directory, for whom a dictionary that isn't there is a matter of installing it.
    /// - Throws: `CurationError.noLexicon`, or what `init` throws for a damaged file.
    public static func installed(in directory: String = systemDirectory) throws -> Lexicon {
        do throws(StorageError) { return try Lexicon(directory: directory) } catch {
            guard error.isMissingFile, case .system(let path, _, _) = error else { throw error }
            throw CurationError.noLexicon(directory: directory, missing: Directory.name(of: path))
        }
    }

    /// Bytes that the tables of lexemes and synsets occupy.
    public var byteCount: Int { lexemes.byteCount + synsets.byteCount }

    /// Lexemes of all word classes.
    public var lexemeCount: Int { lexemes.entries.count }

    public func lexeme(_ lemma: String, as partOfSpeech: PartOfSpeech) -> Lexeme? {
        lexemes.find(lemma.utf8, as: partOfSpeech).map { Lexeme(index: $0, entry: lexemes.entries[$0]) }
    }

    /// Occurrences of a lemma over all word classes; 0 for what isn't one.
    func frequency(ofLemma lemma: some Collection<UInt8>) -> Int {
        PartOfSpeech.allCases.reduce(0) { sum, partOfSpeech in
            sum + (lexemes.find(lemma, as: partOfSpeech).map { Int(lexemes.entries[$0].frequency) } ?? 0)
        }
    }

    /// Senses of a lexeme, the most frequent one first.
    public func senses(of lexeme: Lexeme) -> [Synset] {
        let entry = lexemes.entries[lexeme.index]
        return (0..<Int(entry.senseCount)).map { Synset(identity: lexemes.senses[Int(entry.senseStart) + $0]) }
    }

    /// The most frequent sense.
    public func firstSense(of lexeme: Lexeme) -> Synset {
        Synset(identity: lexemes.senses[Int(lexemes.entries[lexeme.index].senseStart)])
    }

    /// The synsets directly above, the first one being the main one.
    public func hypernyms(of synset: Synset) -> [Synset] {
        synsets.hypernyms(of: synset.identity).map(Synset.init)
    }

    /// Number of the lexicographer file a synset is from (lexnames(5WN)): 5 animals, 13 food, 18 persons, 28 times, ….
    public func lexicographerFile(of synset: Synset) -> UInt8 { synsets.lexicographerFiles[Int(synset.identity)] }

    /// Whether `synset` is `ancestor` or lies below it, going up by first hypernyms only.
    public func isA(_ synset: Synset, _ ancestor: Synset) -> Bool {
        var current = synset.identity
        // The deepest chain of WordNet 3.0 has 19 steps; a damaged file may hold a circle.
        for _ in 0..<32 {
            if current == ancestor.identity { return true }
            guard let above = synsets.hypernyms(of: current).first else { return false }
            current = above
        }
        return false
    }

    private static func counts(in directory: String) throws(StorageError) -> DictionaryFile? {
        do throws(StorageError) {
            return try DictionaryFile(path: "\(directory)/cntlist.rev")
        } catch {
            if error.isMissingFile { return nil }
            throw error
        }
    }
}

/// A lemma in one word class.
public struct Lexeme: Sendable {
    let index: Int
    public let partOfSpeech: PartOfSpeech
    /// Occurrences in WordNet's tagged texts over all senses; 0 for most.
    public let frequency: Int
    public let senseCount: Int

    init(index: Int, entry: LexemeTable.Entry) {
        self.index = index
        partOfSpeech = entry.partOfSpeech
        frequency = Int(entry.frequency)
        senseCount = Int(entry.senseCount)
    }
}

/// A set of lexemes that mean the same.
public struct Synset: Sendable, Hashable {
    let identity: UInt32
}
