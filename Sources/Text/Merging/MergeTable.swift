/// The merges as a hash table from two neighbours to the rank of their merge: its position in `merges.txt`, of which the
/// lowest is applied first.
final class MergeTable: @unchecked Sendable {
    // Safety: written in `init` only.

    /// Largest vocabulary and number of merges: two ids and a rank make 64 bits.
    static let mostTokens = 1 << idBits
    static let mostMerges = 1 << rankBits - 1
    private static let idBits = 21
    private static let rankBits = 22

    /// The rank of neighbours that are not merged.
    static let never: UInt32 = 1 << 24 - 1
    private static let empty = UInt64.max
    /// Left id, right id, rank.
    private let entries: UnsafeMutablePointer<UInt64>
    private let shift: UInt64
    /// `(merges)`: the id that each makes.
    private let results: UnsafeMutablePointer<Int32>
    /// `(256, 256)`: ranks of two bytes, with which every piece begins.
    private let ofBytes: UnsafeMutablePointer<UInt32>
    /// `(256)`
    let byteIDs: UnsafeMutablePointer<Int32>

    /// - Parameters:
    ///   - merges: in order of rank; the last of equal pairs counts.
    ///   - byteIDs: `(256)`.
    init(_ merges: [Tokenizer.Merge], byteIDs ids: [Int32]) {
        precondition(ids.count == 256, "an alphabet has 256 bytes, got \(ids.count)")
        precondition(merges.count <= Self.mostMerges, "at most \(Self.mostMerges) merges, got \(merges.count)")
        var bits: UInt64 = 4
        while 1 << bits < 2 * merges.count { bits += 1 }
        shift = 64 - bits
        entries = .allocate(capacity: 1 << Int(bits))
        entries.initialize(repeating: Self.empty, count: 1 << Int(bits))
        results = .allocate(capacity: max(merges.count, 1))
        byteIDs = .allocate(capacity: 256)
        ofBytes = .allocate(capacity: 1 << 16)
        for (rank, merge) in merges.enumerated() {
            let pair = Self.pair(merge.left, merge.right)
            entries[slot(of: pair)] = pair | UInt64(rank)
            results[rank] = merge.id
        }
        for byte in 0..<256 { byteIDs[byte] = ids[byte] }
        for pair in 0..<1 << 16 { ofBytes[pair] = rank(ids[pair >> 8], ids[pair & 255]) }
    }

    deinit {
        entries.deallocate()
        results.deallocate()
        ofBytes.deallocate()
        byteIDs.deallocate()
    }

    /// Two ids above a rank of 0.
    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << UInt64(idBits + rankBits) | UInt64(UInt32(bitPattern: right))
            << UInt64(rankBits)
    }

    /// Where the pair is or would be.
    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        let last = Int(truncatingIfNeeded: UInt64.max >> shift)
        var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while entries[slot] ^ pair >= 1 << UInt64(Self.rankBits) && entries[slot] != Self.empty {
            slot = (slot &+ 1) & last
        }
        return slot
    }

    /// The rank of two neighbours; `never` when they are not merged.
    @inline(__always)
    func rank(_ left: Int32, _ right: Int32) -> UInt32 {
        let entry = entries[slot(of: Self.pair(left, right))]
        return entry == Self.empty ? Self.never : UInt32(truncatingIfNeeded: entry) & (1 << UInt32(Self.rankBits) - 1)
    }

    /// The rank of two bytes.
    @inline(__always)
    func rank(bytes left: UInt8, _ right: UInt8) -> UInt32 { ofBytes[Int(left) << 8 | Int(right)] }

    /// The id that the merge of a rank makes.
    @inline(__always)
    func result(_ rank: UInt32) -> Int32 { results[Int(rank)] }
}
