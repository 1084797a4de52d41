import Storage

/// Looks for numbers that are NaN or infinite.
enum FiniteCheck {
    private static let pieceElements = 1 << 18

    /// Which element is the first and how many there are, for a message; nil when all are finite.
    static func fault(_ values: UnsafeBufferPointer<Float>) -> String? {
        // Of NaN and infinity alone all bits of the exponent are set: one more overflows into the sign.
        var signs: UInt32 = 0
        for value in values { signs |= (value.bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
        guard signs & 0x8000_0000 != 0 else { return nil }
        let count = values.count { !$0.isFinite }
        let first = values.firstIndex { !$0.isFinite } ?? 0
        return "\(values[first]) as element \(first), \(count) of \(values.count) in all"
    }

    /// The same of bytes; of other types than `f32` nothing is known.
    static func fault(_ bytes: UnsafeRawBufferPointer, _ dtype: StoredDType) -> String? {
        dtype == .f32 ? fault(bytes.bindMemory(to: Float.self)) : nil
    }

    /// The same of a tensor of a file, which is read piece by piece.
    static func fault(_ tensor: StoredTensor, of file: SafetensorsFile) throws(StorageError) -> String? {
        let piece = UnsafeMutableBufferPointer<Float>.allocate(
            capacity: min(pieceElements, max(tensor.elementCount, 1)))
        defer { piece.deallocate() }
        var (first, count): (String?, Int) = (nil, 0)
        for start in stride(from: 0, to: tensor.elementCount, by: pieceElements) {
            let part = UnsafeMutableBufferPointer(rebasing: piece[..<min(pieceElements, tensor.elementCount - start)])
            try file.read(tensor.name, at: 4 * start, into: UnsafeMutableRawBufferPointer(part))
            guard fault(UnsafeBufferPointer(part)) != nil else { continue }
            let place = part.firstIndex { !$0.isFinite } ?? 0
            first = first ?? "\(part[place]) as element \(start + place)"
            count += part.count { !$0.isFinite }
        }
        return first.map { "\($0), \(count) of \(tensor.elementCount) in all" }
    }
}
