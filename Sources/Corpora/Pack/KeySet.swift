import Runtime
import Storage

/// Keys that have been seen, by the first 64 bits of their SHA-256: 8 to 16 bytes a key, so that ten million take 134 MB.
/// Two different keys are taken for one with a probability of n² / 2⁶⁵, for ten million keys 3 in a million.
struct KeySet {
    /// Open addressing; 0 marks a free slot.
    private var slots: [UInt64] = Array(repeating: 0, count: 1024)
    private(set) var count = 0

    /// True when the key was not there.
    mutating func insert(_ key: String) -> Bool {
        let hash = Self.hash(key)
        let slot = slot(of: hash)
        guard slots[slot] == 0 else { return false }
        slots[slot] = hash
        count += 1
        if count * 4 > slots.count * 3 { grow() }
        return true
    }

    func contains(_ key: String) -> Bool { slots[slot(of: Self.hash(key))] != 0 }

    /// The first 64 bits of the SHA-256, never 0.
    static func hash(_ key: String) -> UInt64 {
        max(1, SHA256.digest(Array(key.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Where the hash is, or the free slot where it would be.
    private func slot(of hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 && slots[slot] != hash { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: 2 * old.count)
        for hash in old where hash != 0 { slots[slot(of: hash)] = hash }
    }
}
