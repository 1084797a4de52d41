/// Merges that were possible when they were pushed, the lowest rank on top, of equals the leftmost.
struct CandidateHeap {
    /// Rank above position.
    private var keys: [UInt64] = []

    mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

    mutating func push(rank: UInt32, position: Int) {
        guard rank < MergeTable.never else { return }
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

    mutating func pop() -> (rank: UInt32, position: Int)? {
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
        return (UInt32(top >> 32), Int(top & 0xFFFF_FFFF))
    }
}
