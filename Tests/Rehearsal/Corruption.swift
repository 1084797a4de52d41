import Runtime

/// What disks, networks and careless programs do to a file, drawn from a seed.
public enum Corruption: CaseIterable, Sendable {
    /// One bit changes.
    case flip
    /// The end is lost.
    case truncate
    /// A range becomes zeros.
    case zero
    /// Two ranges change places.
    case swap
    /// Bytes come in between.
    case insert

    /// The corruption that a seed stands for, done to `bytes`.
    public static func corrupted(_ bytes: [UInt8], seed: Int) -> [UInt8] {
        var random = RandomKey(seed: UInt64(seed), purpose: .test).stream
        let kind = allCases[random.integer(below: allCases.count)]
        return kind.apply(to: bytes, &random)
    }

    private func apply(to bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
        guard !bytes.isEmpty else { return [UInt8(truncatingIfNeeded: random.integer(below: 256))] }
        var bytes = bytes
        let place = random.integer(below: bytes.count)
        let length = 1 + random.integer(below: min(64, bytes.count - place))
        switch self {
        case .flip: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
        case .truncate: bytes.removeSubrange(place...)
        case .zero: for index in place..<place + length { bytes[index] = 0 }
        case .swap:
            let other = random.integer(below: bytes.count - length + 1)
            for offset in 0..<length { bytes.swapAt(place + offset, other + offset) }
        case .insert:
            let added = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.integer(below: 256)) }
            bytes.insert(contentsOf: added, at: place)
        }
        return bytes
    }
}
