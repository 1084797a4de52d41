/// A text as tokens: `T` ids, no special tokens around them.
public struct Encoding: Sendable, Equatable {
    /// `(T)`
    public var ids: [Int32]
    /// `(T)`: true where a piece of the pre-tokenizer (a word with the blank before it, a number, a run of signs)
    /// starts, false on its continuations.
    public var wordStarts: [Bool]
}

/// The ids of the tokens that are not text.
public struct SpecialTokens: Sendable, Equatable {
    /// `<s>`
    public var start: Int32
    /// `<pad>`
    public var pad: Int32
    /// `</s>`
    public var end: Int32
    /// `<unk>`: never produced, since every byte is a token.
    public var unknown: Int32
    /// `<mask>`
    public var mask: Int32

    /// In the order in which a vocabulary without them gets them.
    static let names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]

    public var ids: [Int32] { [start, pad, end, unknown, mask] }

    /// - Parameter ids: in the order of `names`.
    init(_ ids: [Int32]) {
        precondition(ids.count == Self.names.count, "\(Self.names.count) special tokens, got \(ids.count)")
        (start, pad, end, unknown, mask) = (ids[0], ids[1], ids[2], ids[3], ids[4])
    }
}
