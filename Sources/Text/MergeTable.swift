/// The merges as a hash table from a pair of ids to the rank of its merge and the id it makes.
final class MergeTable: @unchecked Sendable {
    // Safety: written in `init` only.
    private struct Entry {
        var pair: UInt64
        var merge: Merge
    }

    struct Merge {
        /// Position in `merges.txt`: the lowest is applied first.
        var rank: Int32
        var id: Int32
    }

    static let never = Merge(rank: .max, id: -1)
    private static let empty = UInt64.max
    private let entries: UnsafeMutablePointer<Entry>
    private let mask: Int

    /// - Parameter merges: in order of rank; the first of equal pairs counts.
    init(_ merges: [(left: Int32, right: Int32, id: Int32)]) {
        var capacity = 16
        while capacity < 2 * merges.count { capacity *= 2 }
        mask = capacity - 1
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry(pair: Self.empty, merge: Self.never), count: capacity)
        for (rank, merge) in merges.enumerated() {
            let pair = Self.key(merge.left, merge.right)
            let slot = slot(of: pair)
            guard entries[slot].pair == Self.empty else { continue }
            entries[slot] = Entry(pair: pair, merge: Merge(rank: Int32(rank), id: merge.id))
        }
    }

    deinit { entries.deallocate() }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while entries[slot].pair != pair && entries[slot].pair != Self.empty { slot = (slot &+ 1) & mask }
        return slot
    }

    /// The merge of two neighbours; `never` when there is none.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge { entries[slot(of: Self.key(left, right))].merge }
}
