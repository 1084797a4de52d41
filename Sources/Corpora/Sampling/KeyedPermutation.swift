import Runtime

/// A permutation of `0 ..< count` that is computed, not stored: any element and any inverse in constant time.
///
/// A Feistel network on the smallest power of two that holds `count`, its round function a Philox block; values that
/// fall outside are sent through again until they fall inside (cycle walking), fewer than two passes on average.
struct KeyedPermutation: Sendable {
    private static let rounds = 8

    let count: Int
    private let leftBits: UInt64
    private let rightBits: UInt64
    private let key: RandomKey

    /// - Parameter key: its `pass` is used up for the rounds.
    init(count: Int, key: RandomKey) {
        precondition(count > 0 && count <= 1 << 60, "a permutation of \(count) elements")
        self.count = count
        let bits = UInt64(max(2, UInt64.bitWidth - UInt64(count - 1).leadingZeroBitCount))
        leftBits = bits / 2
        rightBits = bits - bits / 2
        self.key = key
    }

    /// The element at `index`.
    func callAsFunction(_ index: Int) -> Int {
        precondition(index >= 0 && index < count, "index \(index) of a permutation of \(count)")
        var value = UInt64(index)
        repeat { value = shuffled(value) } while value >= UInt64(count)
        return Int(value)
    }

    /// Where `element` stands: the inverse.
    func index(of element: Int) -> Int {
        precondition(element >= 0 && element < count, "element \(element) of a permutation of \(count)")
        var value = UInt64(element)
        repeat { value = restored(value) } while value >= UInt64(count)
        return Int(value)
    }

    private func shuffled(_ value: UInt64) -> UInt64 {
        var left = value >> rightBits
        var right = value & (1 << rightBits - 1)
        for round in 0..<Self.rounds { mix(&left, &right, round: round) }
        return left << rightBits | right
    }

    private func restored(_ value: UInt64) -> UInt64 {
        var left = value >> rightBits
        var right = value & (1 << rightBits - 1)
        for round in (0..<Self.rounds).reversed() { mix(&left, &right, round: round) }
        return left << rightBits | right
    }

    /// One round: even rounds change the left half, odd ones the right. Each is its own inverse.
    private func mix(_ left: inout UInt64, _ right: inout UInt64, round: Int) {
        if round & 1 == 0 {
            left ^= word(right, round: round) & (1 << leftBits - 1)
        } else {
            right ^= word(left, round: round) & (1 << rightBits - 1)
        }
    }

    private func word(_ half: UInt64, round: Int) -> UInt64 {
        var key = key
        key.pass = UInt8(round)
        let words = key.block(UInt32(truncatingIfNeeded: half))
        return UInt64(words.x) << 32 | UInt64(words.y)
    }
}
