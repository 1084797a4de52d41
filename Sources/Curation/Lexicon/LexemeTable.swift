/// Lexemes (a lemma in one word class) and their senses in flat arrays, found by a hash of lemma and class: about 25 bytes
/// a lexeme beside the letters.
struct LexemeTable {
    /// A lexeme's place in the arrays; 16 bytes.
    struct Entry {
        var textStart: UInt32
        var senseStart: UInt32
        /// Occurrences in tagged texts, over all senses.
        var frequency: UInt32
        var textCount: UInt8
        var senseCount: UInt8
        var partOfSpeech: PartOfSpeech
    }

    private(set) var entries: [Entry] = []
    private var letters: [UInt8] = []
    /// Identities of synsets, most frequent sense first.
    private(set) var senses: [UInt32] = []
    /// Open addressing: index into `entries` plus one in the lower 20 bits, 12 bits of the hash above them, or 0. The count
    /// is a power of two, at most half of it taken.
    private var slots: [UInt32] = Array(repeating: 0, count: 1 << 10)

    /// The most lexemes a table takes; WordNet 3.0 has 155,287.
    static let capacity = (1 << 20) - 1

    /// - Precondition: at most 255 letters, 255 senses and `capacity` lexemes; callers have checked what they read.
    /// - Returns: whether the lexeme is new.
    mutating func insert(
        _ lemma: ArraySlice<UInt8>, as partOfSpeech: PartOfSpeech, senses own: [UInt32], frequency: UInt32
    ) -> Bool {
        precondition(lemma.count <= 255 && own.count <= 255 && entries.count < Self.capacity, "LexemeTable.insert")
        guard find(lemma, as: partOfSpeech) == nil else { return false }
        entries.append(
            Entry(
                textStart: UInt32(letters.count), senseStart: UInt32(senses.count), frequency: frequency,
                textCount: UInt8(lemma.count), senseCount: UInt8(own.count), partOfSpeech: partOfSpeech))
        letters += lemma
        senses += own
        if entries.count * 2 > slots.count { grow() } else { place(UInt32(entries.count)) }
        return true
    }

    mutating func setFrequency(_ frequency: UInt32, of index: Int) { entries[index].frequency = frequency }

    func find(_ lemma: some Collection<UInt8>, as partOfSpeech: PartOfSpeech) -> Int? {
        let mask = slots.count - 1
        let hash = Self.hash(lemma, partOfSpeech)
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot] & 0xfffff) - 1
            if (slots[slot] ^ hash) >> 20 == 0, isEntry(index, lemma, partOfSpeech) { return index }
            slot = (slot + 1) & mask
        }
        return nil
    }

    func lemma(of index: Int) -> String { String(decoding: letters(of: index), as: UTF8.self) }

    /// Bytes that the arrays occupy.
    var byteCount: Int {
        entries.count * MemoryLayout<Entry>.stride + letters.count + (senses.count + slots.count) * 4
    }

    mutating func shrink() {
        entries = Array(entries)
        letters = Array(letters)
        senses = Array(senses)
    }

    private func letters(of index: Int) -> ArraySlice<UInt8> {
        let start = Int(entries[index].textStart)
        return letters[start..<(start + Int(entries[index].textCount))]
    }

    private func isEntry(_ index: Int, _ lemma: some Collection<UInt8>, _ partOfSpeech: PartOfSpeech) -> Bool {
        let entry = entries[index]
        return entry.partOfSpeech == partOfSpeech && Int(entry.textCount) == lemma.count
            && letters(of: index).elementsEqual(lemma)
    }

    private mutating func place(_ number: UInt32) {
        let index = Int(number) - 1
        let mask = slots.count - 1
        let hash = Self.hash(letters(of: index), entries[index].partOfSpeech)
        var slot = Int(hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = number | hash & 0xfff0_0000
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in 1...entries.count { place(UInt32(number)) }
    }

    /// FNV-1a, 64 bits, folded.
    private static func hash(_ lemma: some Collection<UInt8>, _ partOfSpeech: PartOfSpeech) -> UInt32 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(partOfSpeech.rawValue)
        for byte in lemma { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return UInt32(truncatingIfNeeded: value ^ (value >> 32))
    }
}
