/// Merges of long pieces: a linked list and a heap of candidates, those that no longer hold being dropped when they
/// surface. Time grows with n log n.
struct LongPieceMerger {
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// Of each symbol the rank of its merge with its right neighbour.
    private var ranks: [UInt32] = []
    private var heap = CandidateHeap()

    /// Merges `ids`, which are the piece's bytes, and returns how many remain.
    mutating func merge(
        _ piece: UnsafePointer<UInt8>, _ length: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        start(piece, length, by: table)
        while let (rank, position) = heap.pop() {
            // A rank belongs to one pair only.
            guard ranks[position] == rank else { continue }
            let follower = Int(next[position])
            ids[position] = table.result(rank)
            ids[follower] = -1
            ranks[follower] = MergeTable.never
            next[position] = next[follower]
            if next[position] >= 0 { previous[Int(next[position])] = Int32(position) }
            renew(position, ids, by: table)
            if previous[position] >= 0 { renew(Int(previous[position]), ids, by: table) }
        }
        var count = 0
        for index in 0..<length where ids[index] >= 0 {
            ids[count] = ids[index]
            count += 1
        }
        return count
    }

    private mutating func start(_ piece: UnsafePointer<UInt8>, _ length: Int, by table: MergeTable) {
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        ranks.removeAll(keepingCapacity: true)
        heap.removeAll()
        for index in 0..<length {
            next.append(index + 1 < length ? Int32(index + 1) : -1)
            previous.append(Int32(index) - 1)
            ranks.append(index + 1 < length ? table.rank(bytes: piece[index], piece[index + 1]) : MergeTable.never)
            heap.push(rank: ranks[index], position: index)
        }
    }

    /// Looks up the merge of a symbol with its right neighbour.
    private mutating func renew(_ position: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable) {
        let follower = Int(next[position])
        ranks[position] = follower >= 0 ? table.rank(ids[position], ids[follower]) : MergeTable.never
        heap.push(rank: ranks[position], position: position)
    }
}
