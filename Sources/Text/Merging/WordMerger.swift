/// Applies merges to one piece of text: always the lowest rank, the leftmost of equals.
///
/// Scratch memory of one thread.
struct WordMerger: ~Copyable {
    /// Up to this many bytes, rescanning the ranks is faster than keeping a heap.
    private static let scanned = 64
    /// `(scanned)`: of each remaining symbol the merge with its right neighbour.
    private let merges: UnsafeMutablePointer<MergeTable.Result>
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var pairs: [MergeTable.Result] = []
    private var heap = CandidateHeap()

    init() { merges = .allocate(capacity: Self.scanned) }

    deinit { merges.deallocate() }

    /// Writes the ids of the piece's tokens and returns how many there are; `ids` has room for one per byte.
    mutating func merge(
        _ piece: UnsafePointer<UInt8>, length: Int, into ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        for index in 0..<length { ids[index] = table.byteIDs[Int(piece[index])] }
        guard length > 1 else { return length }
        return length <= Self.scanned ? scan(piece, length, ids, by: table) : drain(piece, length, ids, by: table)
    }

    private func scan(
        _ piece: UnsafePointer<UInt8>, _ length: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        for index in 0..<length - 1 { merges[index] = table.merge(bytes: piece[index], piece[index + 1]) }
        var count = length
        while count > 1 {
            var (best, rank) = (0, Int32.max)
            for index in 0..<count - 1 where merges[index].rank < rank { (best, rank) = (index, merges[index].rank) }
            guard rank < .max else { break }
            ids[best] = merges[best].id
            count -= 1
            for index in best + 1..<max(count, best + 1) { ids[index] = ids[index + 1] }
            for index in best + 1..<max(count - 1, best + 1) { merges[index] = merges[index + 1] }
            if best + 1 < count { merges[best] = table.merge(ids[best], ids[best + 1]) }
            if best > 0 { merges[best - 1] = table.merge(ids[best - 1], ids[best]) }
        }
        return count
    }

    /// Long pieces: a linked list and a heap of candidates, those that no longer hold being dropped when they surface.
    private mutating func drain(
        _ piece: UnsafePointer<UInt8>, _ length: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        next = (1...length).map { $0 < length ? Int32($0) : -1 }
        previous = (0..<length).map { Int32($0) - 1 }
        pairs.removeAll(keepingCapacity: true)
        heap.removeAll()
        for index in 0..<length - 1 {
            pairs.append(table.merge(bytes: piece[index], piece[index + 1]))
            heap.push(rank: pairs[index].rank, position: index)
        }
        pairs.append(MergeTable.never)
        while let (rank, position) = heap.pop() {
            // A rank belongs to one pair only.
            guard pairs[position].rank == rank else { continue }
            let follower = Int(next[position])
            ids[position] = pairs[position].id
            ids[follower] = -1
            pairs[follower] = MergeTable.never
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

    /// Looks up the merge of a symbol with its right neighbour.
    private mutating func renew(_ position: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable) {
        let follower = Int(next[position])
        pairs[position] = follower >= 0 ? table.merge(ids[position], ids[follower]) : MergeTable.never
        heap.push(rank: pairs[position].rank, position: position)
    }
}

/// Merges that were possible when they were pushed, the lowest rank on top, of equals the leftmost.
private struct CandidateHeap {
    /// Rank above position.
    private var keys: [UInt64] = []

    mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

    mutating func push(rank: Int32, position: Int) {
        guard rank < .max else { return }
        let key = UInt64(rank) << 32 | UInt64(position)
        keys.append(key)
        var child = keys.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard key < keys[parent] else { break }
            keys[child] = keys[parent]
            child = parent
        }
        keys[child] = key
    }

    mutating func pop() -> (rank: Int32, position: Int)? {
        guard let top = keys.first else { return nil }
        let last = keys.removeLast()
        if !keys.isEmpty {
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < keys.count else { break }
                if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
                guard keys[child] < last else { break }
                keys[parent] = keys[child]
                parent = child
            }
            keys[parent] = last
        }
        return (Int32(top >> 32), Int(top & 0xFFFF_FFFF))
    }
}
