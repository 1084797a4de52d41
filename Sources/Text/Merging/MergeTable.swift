/// The merges as hash tables from two neighbours to the rank of their merge and the id it makes.
final class MergeTable: @unchecked Sendable {
    // Safety: written in `init` only.
    private struct Entry {
        var pair: UInt64
        var result: Result
    }

    struct Result {
        /// Position in `merges.txt`: the lowest is applied first.
        var rank: Int32
        var id: Int32
    }

    static let never = Result(rank: .max, id: -1)
    private static let empty = UInt64.max
    private let entries: UnsafeMutablePointer<Entry>
    private let mask: Int
    /// `(256, 256)`: merges of two bytes, with which every piece begins.
    private let ofBytes: UnsafeMutablePointer<Result>
    /// `(256)`
    let byteIDs: UnsafeMutablePointer<Int32>

    /// - Parameters:
    ///   - merges: in order of rank; the last of equal pairs counts.
    ///   - byteIDs: `(256)`.
    init(_ merges: [Tokenizer.Merge], byteIDs ids: [Int32]) {
        precondition(ids.count == 256, "an alphabet has 256 bytes, got \(ids.count)")
        var capacity = 16
        while capacity < 2 * merges.count { capacity *= 2 }
        mask = capacity - 1
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry(pair: Self.empty, result: Self.never), count: capacity)
        byteIDs = .allocate(capacity: 256)
        ofBytes = .allocate(capacity: 1 << 16)
        for (rank, merge) in merges.enumerated() {
            let pair = Self.key(merge.left, merge.right)
            entries[slot(of: pair)] = Entry(pair: pair, result: Result(rank: Int32(rank), id: merge.id))
        }
        for byte in 0..<256 { byteIDs[byte] = ids[byte] }
        for pair in 0..<1 << 16 { ofBytes[pair] = merge(ids[pair >> 8], ids[pair & 255]) }
    }

    deinit {
        entries.deallocate()
        ofBytes.deallocate()
        byteIDs.deallocate()
    }

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
    func merge(_ left: Int32, _ right: Int32) -> Result { entries[slot(of: Self.key(left, right))].result }

    /// The merge of two bytes.
    @inline(__always)
    func merge(bytes left: UInt8, _ right: UInt8) -> Result { ofBytes[Int(left) << 8 | Int(right)] }
}
