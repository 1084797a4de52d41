import Glibc
import Storage

extension LexemeTable {
    /// Reads an index file (wndb(5WN)): `lemma class senses pointers {symbol} senses tagged {offset}`.
    mutating func read(
        _ file: consuming DictionaryFile, _ partOfSpeech: PartOfSpeech, synsets: SynsetTable
    ) throws(StorageError) {
        let first = entries.count
        while !file.isAtEnd {
            if !file.isAtComment { try readLexeme(&file, partOfSpeech, synsets) }
            file.skipLine()
        }
        guard entries.count > first else { throw file.damage(at: 0, expected: "lemmas", found: "none") }
    }

    /// Reads `cntlist.rev` (cntlist(5WN)): `sense-key sense-number count`. Keys of words that no index file has are skipped.
    mutating func readCounts(_ file: consuming DictionaryFile) throws(StorageError) {
        for index in entries.indices { setFrequency(0, of: index) }
        while !file.isAtEnd {
            if !file.isAtComment { try readCount(&file) }
            file.skipLine()
        }
    }

    private mutating func readLexeme(
        _ file: inout DictionaryFile, _ partOfSpeech: PartOfSpeech, _ synsets: SynsetTable
    ) throws(StorageError) {
        let lemma = try file.field("a lemma")
        let place = file.cursor
        guard try file.letter("a word class") == partOfSpeech.indexLetter else {
            throw file.damage(
                at: place, expected: "the word class '\(Character(UnicodeScalar(partOfSpeech.indexLetter)))'",
                found: file.quoted(place..<(place + 1)))
        }
        let count = try file.number("a count of senses", limit: 255)
        let pointers = try file.number("a count of pointer symbols", limit: 99)
        for _ in 0..<pointers { _ = try file.field("a pointer symbol") }
        _ = try file.number("a count of senses", limit: 255)
        let tagged = try file.number("a count of tagged senses", limit: 255)
        var senses: [UInt32] = []
        for _ in 0..<count {
            let start = file.cursor
            let offset = try file.number("a synset's offset", limit: .max)
            guard let synset = synsets.find(offset, partOfSpeech) else {
                throw file.damage(
                    at: start, expected: "the offset of a synset of data.\(partOfSpeech.fileSuffix)",
                    found: "\(offset)")
            }
            senses.append(synset)
        }
        guard !senses.isEmpty else { throw file.damage(at: place, expected: "at least one sense", found: "none") }
        guard entries.count < LexemeTable.capacity else {
            throw file.damage(
                at: lemma.lowerBound, expected: "at most \(LexemeTable.capacity) lemmas", found: "one more")
        }
        guard insert(file.bytes[lemma], as: partOfSpeech, senses: senses, frequency: tagged) else {
            throw file.damage(at: lemma.lowerBound, expected: "each lemma once", found: "\(file.quoted(lemma)) again")
        }
    }

    private mutating func readCount(_ file: inout DictionaryFile) throws(StorageError) {
        let key = try file.field("a sense key")
        _ = try file.number("a sense number", limit: 999)
        let count = try file.number("a count", limit: 1 << 24)
        guard let percent = file.bytes[key].lastIndex(of: UInt8(ascii: "%")), percent + 1 < key.upperBound,
            let partOfSpeech = PartOfSpeech(senseKeyDigit: file.bytes[percent + 1])
        else {
            throw file.damage(at: key.lowerBound, expected: "a sense key with % and 1 to 5", found: file.quoted(key))
        }
        guard let index = find(file.bytes[key.lowerBound..<percent], as: partOfSpeech) else { return }
        setFrequency(min(entries[index].frequency + count, 1 << 30), of: index)
    }
}

extension StorageError {
    var isMissingFile: Bool {
        if case .system(_, _, let code) = self { return code == ENOENT }
        return false
    }
}
