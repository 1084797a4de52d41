/// Distinct pieces of text and how often each occurred, in order of first occurrence.
struct WordCounter {
    private(set) var counts: [Int] = []
    /// Piece `w` is `bytes[offsets[w] ..< offsets[w + 1]]`.
    private(set) var offsets: [Int] = [0]
    private(set) var bytes: [UInt8] = []
    private var hashes: [UInt64] = []
    /// Open-addressed: piece + 1, or 0.
    private var slots = [Int32](repeating: 0, count: 1 << 12)

    mutating func add(_ word: UnsafeBufferPointer<UInt8>) {
        let hash = Self.hash(word)
        var slot = Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot] - 1)
            if hashes[index] == hash, bytes[offsets[index]..<offsets[index + 1]].elementsEqual(word) {
                counts[index] += 1
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(counts.count + 1)
        counts.append(1)
        hashes.append(hash)
        bytes.append(contentsOf: word)
        offsets.append(bytes.count)
        if 2 * counts.count > slots.count { grow() }
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: 4 * slots.count)
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index + 1)
        }
    }

    private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = UInt64(word.count) &* 0x9E37_79B9_7F4A_7C15
        for byte in word {
            hash = (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        return hash
    }
}
