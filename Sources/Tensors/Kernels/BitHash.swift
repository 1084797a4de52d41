private typealias Words = SIMD16<UInt32>

/// A hash of the bits of `count` elements, for comparing copies of the same memory at the speed of reading it. Where one
/// element differs, the hashes differ for certain: every step maps what has been mixed so far one to one.
public func bitHash(_ elements: UnsafePointer<Float>, count: Int) -> UInt64 {
    // Four states hide the multiplication's latency.
    var (a, b, c, d) = (start(1), start(2), start(3), start(4))
    let bytes = UnsafeRawPointer(elements)
    let whole = count & ~63
    var offset = 0
    while offset < whole * 4 {
        a = mixed(a, bytes.loadUnaligned(fromByteOffset: offset, as: Words.self))
        b = mixed(b, bytes.loadUnaligned(fromByteOffset: offset + 64, as: Words.self))
        c = mixed(c, bytes.loadUnaligned(fromByteOffset: offset + 128, as: Words.self))
        d = mixed(d, bytes.loadUnaligned(fromByteOffset: offset + 192, as: Words.self))
        offset += 256
    }
    var hash = UInt64(count)
    for index in whole..<count { hash = mixed(hash, UInt64(elements[index].bitPattern)) }
    for state in [a, b, c, d] {
        for lane in 0..<16 { hash = mixed(hash, UInt64(state[lane])) }
    }
    return hash
}

/// One hash of several, in order.
public func combinedHash(_ hashes: some Sequence<UInt64>) -> UInt64 { hashes.reduce(0) { mixed($0, $1) } }

@inline(__always) private func start(_ number: UInt32) -> Words { Words(repeating: 0x9E37_79B9 &* number) }

@inline(__always) private func mixed(_ state: Words, _ words: Words) -> Words {
    let product = (state ^ words) &* Words(repeating: 0x85EB_CA6B)
    return product ^ product &>> 15
}

@inline(__always) private func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
    return product ^ product >> 32
}
