import Storage

/// The synsets of all four data files in file order: where they stand, what they are about, what lies above them.
struct SynsetTable {
    /// Byte offsets in the data files, ascending within a class; a synset's identity is its index here.
    private(set) var offsets: [UInt32] = []
    /// Number of the lexicographer file (lexnames(5WN)): 5 animals, 18 persons, …
    private(set) var lexicographerFiles: [UInt8] = []
    /// `hypernyms[firstHypernym[s] ..< firstHypernym[s + 1]]` lie above synset s.
    private var firstHypernym: [UInt32] = [0]
    private var hypernyms: [UInt32] = []
    /// Identities of each class's synsets.
    private var ranges = [Range<Int>](repeating: 0..<0, count: PartOfSpeech.allCases.count)

    var byteCount: Int {
        offsets.count * 5 + (firstHypernym.count + hypernyms.count) * 4
    }

    func find(_ offset: UInt32, _ partOfSpeech: PartOfSpeech) -> UInt32? {
        var range = ranges[Int(partOfSpeech.rawValue)]
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if offsets[middle] == offset { return UInt32(middle) }
            range = offsets[middle] < offset ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    func hypernyms(of synset: UInt32) -> ArraySlice<UInt32> {
        hypernyms[Int(firstHypernym[Int(synset)])..<Int(firstHypernym[Int(synset) + 1])]
    }

    /// Reads a data file (wndb(5WN)): `offset file type words {word id} pointers {symbol offset class source} | gloss`.
    mutating func read(_ file: consuming DictionaryFile, _ partOfSpeech: PartOfSpeech) throws(StorageError) {
        let first = offsets.count
        let firstPointer = hypernyms.count
        var pointerPlaces: [UInt32] = []
        while !file.isAtEnd {
            if !file.isAtComment { try readSynset(&file, partOfSpeech, &pointerPlaces) }
            file.skipLine()
        }
        guard offsets.count > first else {
            throw file.damage(at: 0, expected: "synsets", found: "none")
        }
        ranges[Int(partOfSpeech.rawValue)] = first..<offsets.count
        for (index, place) in pointerPlaces.enumerated() {
            guard let synset = find(hypernyms[firstPointer + index], partOfSpeech) else {
                throw file.damage(
                    at: Int(place), expected: "a pointer to a synset of this file",
                    found: "\(hypernyms[firstPointer + index])")
            }
            hypernyms[firstPointer + index] = synset
        }
    }

    mutating func shrink() {
        offsets = Array(offsets)
        lexicographerFiles = Array(lexicographerFiles)
        firstHypernym = Array(firstHypernym)
        hypernyms = Array(hypernyms)
    }

    private mutating func readSynset(
        _ file: inout DictionaryFile, _ partOfSpeech: PartOfSpeech, _ pointerPlaces: inout [UInt32]
    ) throws(StorageError) {
        let start = file.cursor
        let offset = try file.number("the synset's own offset", limit: .max)
        guard Int(offset) == start else {
            throw file.damage(at: start, expected: "the synset's own offset \(start)", found: "\(offset)")
        }
        offsets.append(offset)
        lexicographerFiles.append(UInt8(try file.number("a lexicographer file", limit: 99)))
        _ = try file.letter("a synset type")
        let words = try file.number("a count of words", radix: 16, limit: 255)
        for _ in 0..<words {
            _ = try file.field("a word")
            _ = try file.field("a word's number")
        }
        let pointers = try file.number("a count of pointers", limit: 999)
        for _ in 0..<pointers { try readPointer(&file, partOfSpeech, &pointerPlaces) }
        firstHypernym.append(UInt32(hypernyms.count))
    }

    /// Keeps `@` (hypernym) and `@i` (instance of) within the class.
    private mutating func readPointer(
        _ file: inout DictionaryFile, _ partOfSpeech: PartOfSpeech, _ places: inout [UInt32]
    ) throws(StorageError) {
        let symbol = try file.field("a pointer's symbol")
        let isHypernym = file.bytes[symbol.lowerBound] == UInt8(ascii: "@")
        let place = file.cursor
        let target = try file.number("a pointer's offset", limit: .max)
        let letter = try file.letter("a pointer's word class")
        _ = try file.field("a pointer's source and target")
        guard isHypernym, letter == partOfSpeech.indexLetter else { return }
        hypernyms.append(target)
        places.append(UInt32(place))
    }
}
