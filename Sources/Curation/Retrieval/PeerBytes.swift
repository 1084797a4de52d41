/// Numbers and texts as bytes that ranks send each other, little-endian.
struct PeerBytes {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: Int) { withUnsafeBytes(of: Int64(number).littleEndian) { bytes += $0 } }

    mutating func put(_ number: Float) { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }

    mutating func put(_ numbers: [Float]) {
        put(numbers.count)
        for number in numbers { put(number) }
    }

    mutating func put(_ text: String) {
        put(text.utf8.count)
        bytes += text.utf8
    }
}

/// Reads what a peer has put together. A peer runs the same program: what doesn't fit is a bug, and traps.
struct PeerReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func number() -> Int { Int(Int64(littleEndian: load())) }

    mutating func float() -> Float { Float(bitPattern: UInt32(littleEndian: load())) }

    mutating func floats() -> [Float] {
        let count = number()
        return (0..<count).map { _ in float() }
    }

    mutating func text() -> String {
        let count = number()
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }

    private mutating func load<Word: FixedWidthInteger>() -> Word {
        defer { place += MemoryLayout<Word>.size }
        precondition(place + MemoryLayout<Word>.size <= bytes.count, "a peer's \(bytes.count) bytes end at \(place)")
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Word.self) }
    }
}
