/// Applies merges to one piece of text: always the lowest rank, the leftmost of equals.
///
/// Scratch memory of one thread.
struct WordMerger: ~Copyable {
    /// Up to this many bytes, looking at all ranks is faster than keeping a heap.
    private static let scanned = 192
    private static let lanes = 16
    /// Keys from here on stand for no merge.
    private static let noKey = MergeTable.never << 8
    /// `(scanned)`: of each symbol that remains, the rank of its merge with its right neighbour above its position.
    private let keys: UnsafeMutablePointer<UInt32>
    /// `(scanned)`: positions of a symbol's neighbours.
    private let next: UnsafeMutablePointer<UInt8>
    private let previous: UnsafeMutablePointer<UInt8>
    private var long = LongPieceMerger()

    init() {
        keys = UnsafeMutableRawPointer.allocate(byteCount: 4 * Self.scanned, alignment: 64)
            .bindMemory(to: UInt32.self, capacity: Self.scanned)
        next = .allocate(capacity: Self.scanned)
        previous = .allocate(capacity: Self.scanned)
    }

    deinit {
        keys.deallocate()
        next.deallocate()
        previous.deallocate()
    }

    /// Writes the ids of the piece's tokens and returns how many there are; `ids` has room for one per byte.
    mutating func merge(
        _ piece: UnsafePointer<UInt8>, length: Int, into ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        for index in 0..<length { ids[index] = table.byteIDs[Int(piece[index])] }
        guard length > 1 else { return length }
        return length <= Self.scanned ? scan(piece, length, ids, by: table) : long.merge(piece, length, ids, by: table)
    }

    private func scan(
        _ piece: UnsafePointer<UInt8>, _ length: Int, _ ids: UnsafeMutablePointer<Int32>, by table: MergeTable
    ) -> Int {
        let vectors = (length + Self.lanes - 1) / Self.lanes
        for index in 0..<length {
            next[index] = UInt8(truncatingIfNeeded: index &+ 1)
            previous[index] = UInt8(truncatingIfNeeded: index &- 1)
        }
        for index in 0..<length - 1 {
            keys[index] = table.rank(bytes: piece[index], piece[index + 1]) << 8 | UInt32(truncatingIfNeeded: index)
        }
        for index in length - 1..<vectors * Self.lanes { keys[index] = .max }
        while true {
            let least = leastKey(vectors)
            guard least < Self.noKey else { break }
            let position = Int(least & 255)
            let follower = Int(next[position])
            let after = Int(next[follower])
            let id = table.result(least >> 8)
            ids[position] = id
            keys[follower] = .max
            next[position] = UInt8(truncatingIfNeeded: after)
            if after < length {
                previous[after] = UInt8(truncatingIfNeeded: position)
                keys[position] = table.rank(id, ids[after]) << 8 | UInt32(truncatingIfNeeded: position)
            } else {
                keys[position] = .max
            }
            if position > 0 {
                let before = Int(previous[position])
                keys[before] = table.rank(ids[before], id) << 8 | UInt32(truncatingIfNeeded: before)
            }
        }
        var (count, at) = (0, 0)
        while at < length {
            ids[count] = ids[at]
            count += 1
            at = Int(next[at])
        }
        return count
    }

    /// The smallest of the first keys: the lowest rank, and of those the leftmost.
    @inline(__always)
    private func leastKey(_ vectors: Int) -> UInt32 {
        let raw = UnsafeRawPointer(keys)
        var least = raw.load(as: SIMD16<UInt32>.self)
        for vector in 1..<max(vectors, 1) {
            let other = raw.load(fromByteOffset: 64 * vector, as: SIMD16<UInt32>.self)
            least.replace(with: other, where: other .< least)
        }
        let eight = least.lowHalf.replacing(with: least.highHalf, where: least.highHalf .< least.lowHalf)
        let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.highHalf .< eight.lowHalf)
        return min(min(four.x, four.y), min(four.z, four.w))
    }
}
