/// Applies merges to one piece of text: always the lowest rank, the leftmost of equals.
///
/// Scratch memory of one thread.
struct WordMerger {
    private var merges: [MergeTable.Merge] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var heap: [Candidate] = []

    /// A merge that was possible when it was pushed.
    private struct Candidate {
        var rank: Int32
        var position: Int32
        var id: Int32

        @inline(__always) func precedes(_ other: Candidate) -> Bool {
            rank != other.rank ? rank < other.rank : position < other.position
        }
    }

    /// Up to this many symbols, rescanning an array is faster than keeping a heap.
    private static let scanned = 48

    /// Merges `symbols` in place; what remains are the ids of the piece's tokens.
    mutating func merge(_ symbols: inout [Int32], by table: MergeTable) {
        guard symbols.count > 1 else { return }
        symbols.count <= Self.scanned ? scan(&symbols, by: table) : drain(&symbols, by: table)
    }

    private mutating func scan(_ symbols: inout [Int32], by table: MergeTable) {
        merges.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count { merges.append(table.merge(symbols[index - 1], symbols[index])) }
        var count = symbols.count
        symbols.withUnsafeMutableBufferPointer { symbols in
            merges.withUnsafeMutableBufferPointer { merges in
                while count > 1 {
                    var (best, rank) = (0, Int32.max)
                    for index in 0..<count - 1 where merges[index].rank < rank {
                        (best, rank) = (index, merges[index].rank)
                    }
                    guard rank < .max else { return }
                    symbols[best] = merges[best].id
                    count -= 1
                    for index in best + 1..<max(count, best + 1) { symbols[index] = symbols[index + 1] }
                    for index in best + 1..<max(count - 1, best + 1) { merges[index] = merges[index + 1] }
                    if best + 1 < count { merges[best] = table.merge(symbols[best], symbols[best + 1]) }
                    if best > 0 { merges[best - 1] = table.merge(symbols[best - 1], symbols[best]) }
                }
            }
        }
        symbols.removeLast(symbols.count - count)
    }

    /// Long pieces: a linked list and a heap of candidates, those that no longer hold being dropped when they surface.
    private mutating func drain(_ symbols: inout [Int32], by table: MergeTable) {
        let count = symbols.count
        next = (1...count).map { $0 < count ? Int32($0) : -1 }
        previous = (0..<count).map { Int32($0) - 1 }
        heap.removeAll(keepingCapacity: true)
        for index in 0..<count - 1 { push(symbols, Int32(index), by: table) }
        while let candidate = pop() {
            let position = Int(candidate.position)
            guard symbols[position] >= 0, next[position] >= 0 else { continue }
            let follower = Int(next[position])
            let current = table.merge(symbols[position], symbols[follower])
            guard current.rank == candidate.rank, current.id == candidate.id else { continue }
            symbols[position] = candidate.id
            symbols[follower] = -1
            next[position] = next[follower]
            if next[position] >= 0 {
                previous[Int(next[position])] = candidate.position
                push(symbols, candidate.position, by: table)
            }
            if previous[position] >= 0 { push(symbols, previous[position], by: table) }
        }
        symbols.removeAll { $0 < 0 }
    }

    private mutating func push(_ symbols: [Int32], _ position: Int32, by table: MergeTable) {
        let merge = table.merge(symbols[Int(position)], symbols[Int(next[Int(position)])])
        guard merge.rank < .max else { return }
        heap.append(Candidate(rank: merge.rank, position: position, id: merge.id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Candidate? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
