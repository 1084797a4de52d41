/// The lines of a text held in memory, one after another without their line feeds: no list of them is made, which a text
/// of nothing but line feeds would blow up to many times its size. What follows the last line feed is a line too.
public struct ByteLines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>?

    public init(_ bytes: [UInt8]) { rest = bytes[...] }

    public mutating func next() -> ArraySlice<UInt8>? {
        guard let text = rest else { return nil }
        guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else {
            rest = nil
            return text
        }
        rest = text[(end + 1)...]
        return text[..<end]
    }
}
