/// Remembers the tokens of short pieces: a direct-mapped table, one cache line per piece.
///
/// Scratch memory of one thread.
struct WordCache: ~Copyable {
    private struct Slot {
        /// The piece, padded with zeros.
        var key = SIMD4<UInt64>()
        var firstIDs = SIMD4<Int32>()
        var lastIDs = SIMD2<Int32>()
        var length: UInt8 = 0
        var count: UInt8 = 0
    }

    /// Longest piece that is remembered, in bytes.
    static let longest = 32
    /// Most tokens that are remembered; `write` may touch this many elements of its targets.
    static let mostIDs = 6
    /// Elements that `write` may touch past those it says it wrote.
    static let slack = 8
    private static let bits = 14
    private let slots: UnsafeMutablePointer<Slot>
    /// `(33)`: ones over the first bytes.
    private let masks: UnsafeMutablePointer<SIMD4<UInt64>>

    init() {
        slots = .allocate(capacity: 1 << Self.bits)
        slots.initialize(repeating: Slot(), count: 1 << Self.bits)
        masks = .allocate(capacity: Self.longest + 1)
        for length in 0...Self.longest {
            var bytes = SIMD32<UInt8>()
            for index in 0..<length { bytes[index] = 0xFF }
            masks[length] = unsafeBitCast(bytes, to: SIMD4<UInt64>.self)
        }
    }

    deinit {
        slots.deallocate()
        masks.deallocate()
    }

    /// The key of `length` (≤ 32) bytes at `text`, of which `available` can be read.
    @inline(__always)
    func key(_ text: UnsafePointer<UInt8>, length: Int, available: Int) -> SIMD4<UInt64> {
        if available >= Self.longest {
            return UnsafeRawPointer(text).loadUnaligned(as: SIMD4<UInt64>.self) & masks[length]
        }
        var key = SIMD4<UInt64>()
        withUnsafeMutableBytes(of: &key) { $0.copyMemory(from: UnsafeRawBufferPointer(start: text, count: length)) }
        return key
    }

    @inline(__always)
    private func slot(of key: SIMD4<UInt64>) -> UnsafeMutablePointer<Slot> {
        let mixed =
            key &* SIMD4(0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0xD6E8_FEB8_6659_FD93)
        let folded = mixed ^ (mixed &>> 29)
        let sum = (folded.x &+ folded.y &+ folded.z &+ folded.w) &* 0x9E37_79B9_7F4A_7C15
        return slots + Int(truncatingIfNeeded: sum >> UInt64(64 - Self.bits))
    }

    /// Writes the remembered ids and word starts of a piece and returns how many; 0 when it is not remembered.
    @inline(__always)
    func write(
        _ key: SIMD4<UInt64>, length: Int, ids: UnsafeMutablePointer<Int32>, starts: UnsafeMutablePointer<Bool>
    ) -> Int {
        let slot = slot(of: key)
        guard slot.pointee.length == length, slot.pointee.key == key else { return 0 }
        let target = UnsafeMutableRawPointer(ids)
        target.storeBytes(of: slot.pointee.firstIDs, as: SIMD4<Int32>.self)
        target.storeBytes(of: slot.pointee.lastIDs, toByteOffset: 16, as: SIMD2<Int32>.self)
        UnsafeMutableRawPointer(starts).storeBytes(of: 1, as: UInt64.self)
        return Int(slot.pointee.count)
    }

    /// Remembers a piece of at most `mostIDs` tokens.
    func remember(_ key: SIMD4<UInt64>, length: Int, ids: UnsafePointer<Int32>, count: Int) {
        var slot = Slot(key: key, length: UInt8(length), count: UInt8(count))
        for index in 0..<count {
            if index < 4 { slot.firstIDs[index] = ids[index] } else { slot.lastIDs[index - 4] = ids[index] }
        }
        self.slot(of: key).pointee = slot
    }
}
