/// A text as tokens: `T` ids, no special tokens among them.
public struct Encoding: Sendable, Equatable {
    /// `(T)`
    public var ids: [Int32]
    /// `(T)`: true where a piece of the pre-tokenizer (a word with the blank before it, a number, a run of signs)
    /// starts, false on its continuations.
    public var wordStarts: [Bool]
}

/// A byte-level BPE tokenizer of the GPT-2 and RoBERTa kind. Immutable; any number of threads may encode at once.
///
/// Text is never taken for a special token: `<mask>` in a text is encoded as the six characters it is.
public final class Tokenizer: Sendable {
    /// `<s>`
    public static let start: Int32 = 0
    /// `<pad>`
    public static let pad: Int32 = 1
    /// `</s>`
    public static let end: Int32 = 2
    /// `<unk>`: never produced, since every byte is a token.
    public static let unknown: Int32 = 3
    static let leadingSpecials = ["<s>", "<pad>", "</s>", "<unk>"]
    static let maskName = "<mask>"

    /// Texts are lower-cased before they are cut.
    public let lowercases: Bool
    /// `(V)`: the bytes of each token; for special tokens those of their names.
    let tokens: [[UInt8]]
    /// In order of rank.
    let merges: [(left: Int32, right: Int32, id: Int32)]
    private let table: MergeTable
    /// `(256)`
    private let byteIDs: [Int32]
    private let preTokenizer = PreTokenizer()
    private let pool = ScratchPool()

    /// `V`
    public var vocabularySize: Int { tokens.count }
    /// `<mask>`, the last id.
    public var mask: Int32 { Int32(tokens.count - 1) }

    /// - Parameters:
    ///   - tokens: `(V)`, special tokens in their places.
    ///   - byteIDs: `(256)`.
    init(
        tokens: [[UInt8]], merges: [(left: Int32, right: Int32, id: Int32)], byteIDs: [Int32], lowercases: Bool
    ) {
        precondition(byteIDs.count == 256, "an alphabet has 256 bytes, got \(byteIDs.count)")
        self.tokens = tokens
        self.merges = merges
        self.byteIDs = byteIDs
        self.lowercases = lowercases
        table = MergeTable(merges)
    }

    /// True for `<s>`, `<pad>`, `</s>`, `<unk>` and `<mask>`.
    public func isSpecial(_ id: Int32) -> Bool { (0...Self.unknown).contains(id) || id == mask }

    public func encode(_ text: String) -> Encoding {
        var text = text
        return text.withUTF8 { encode(utf8: $0) }
    }

    /// Bytes that are not UTF-8 are encoded as themselves.
    public func encode(_ bytes: [UInt8]) -> Encoding { bytes.withUnsafeBufferPointer { encode(utf8: $0) } }

    public func encode(utf8 text: UnsafeBufferPointer<UInt8>) -> Encoding {
        guard lowercases else { return pool.use { encode(text, with: $0) } }
        return lowercased(text).withUnsafeBufferPointer { text in pool.use { encode(text, with: $0) } }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, with scratch: EncodingScratch) -> Encoding {
        guard let base = text.baseAddress, !text.isEmpty else { return Encoding(ids: [], wordStarts: []) }
        // A token has at least one byte.
        scratch.reserve(text.count + WordCache.slack)
        let (ids, starts) = (scratch.ids, scratch.starts)
        var (count, at) = (0, 0)
        while at < text.count {
            let end = preTokenizer.pieceEnd(base, from: at, to: text.count)
            let length = end - at
            if length <= WordCache.longest {
                let key = scratch.cache.key(base + at, length: length, available: text.count - at)
                let written = scratch.cache.write(key, length: length, ids: ids + count, starts: starts + count)
                if written > 0 {
                    count += written
                } else {
                    count += append(base + at, length: length, ids + count, starts + count, scratch)
                    if scratch.symbols.count <= WordCache.mostIDs {
                        scratch.cache.remember(key, length: length, ids: scratch.symbols)
                    }
                }
            } else {
                count += append(base + at, length: length, ids + count, starts + count, scratch)
            }
            at = end
        }
        return Encoding(
            ids: Array(UnsafeBufferPointer(start: ids, count: count)),
            wordStarts: Array(UnsafeBufferPointer(start: starts, count: count)))
    }

    /// Merges one piece and writes its tokens; they stay in `scratch.symbols`.
    @inline(never)
    private func append(
        _ piece: UnsafePointer<UInt8>, length: Int, _ ids: UnsafeMutablePointer<Int32>,
        _ starts: UnsafeMutablePointer<Bool>, _ scratch: EncodingScratch
    ) -> Int {
        scratch.symbols.removeAll(keepingCapacity: true)
        for index in 0..<length { scratch.symbols.append(byteIDs[Int(piece[index])]) }
        scratch.merger.merge(&scratch.symbols, by: table)
        for (index, id) in scratch.symbols.enumerated() {
            ids[index] = id
            starts[index] = index == 0
        }
        return scratch.symbols.count
    }

    /// The text of `ids`; bytes that are not UTF-8 become U+FFFD.
    /// - Parameter withSpecials: keeps the names of special tokens instead of leaving them out.
    public func decode(_ ids: some Sequence<Int32>, withSpecials: Bool = false) throws(TextError) -> String {
        var bytes: [UInt8] = []
        for id in ids {
            guard id >= 0, Int(id) < tokens.count else {
                throw .unknownID(id, vocabularySize: tokens.count)
            }
            if withSpecials || !isSpecial(id) { bytes += tokens[Int(id)] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Lower case by Unicode's default mapping of single scalars.
func lowercased(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard text.allSatisfy({ $0 < 0x80 }) else { return Array(String(decoding: text, as: UTF8.self).lowercased().utf8) }
    return text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
}
