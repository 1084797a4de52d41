/// A byte-level BPE tokenizer of the GPT-2 and RoBERTa kind: the ids are those of Hugging Face's `tokenizers` for the
/// same files, without the special tokens that a post-processor puts around a text. Immutable; any number of threads may
/// encode at once.
///
/// The name of a special token in a text is text like any other: `<mask>` is encoded as the six characters it is, so that
/// no corpus can smuggle one in. `recognizesSpecials` has it otherwise.
public final class Tokenizer: Sendable {
    /// Texts are lower-cased before they are cut.
    public let lowercases: Bool
    /// A text that does not start with a blank is encoded as if it did (`add_prefix_space`).
    public let addsPrefixSpace: Bool
    public let specials: SpecialTokens
    /// Tokens that are found before a text is cut, in order of id.
    public let addedTokens: [AddedToken]
    /// `(V)`: the name of each token in `vocab.json`, as UTF-8.
    let names: [[UInt8]]
    /// `(V)`: the bytes that each token stands for; of special and added tokens those of their names.
    let tokens: [[UInt8]]
    /// In order of rank.
    let merges: [Merge]
    private let table: MergeTable
    private let isSpecialID: [Bool]
    /// Nil when no added token is ever looked for, unless special ones are asked for.
    private let finder: AddedTokenFinder?
    private let hasOrdinaryAddedTokens: Bool
    private let preTokenizer = PreTokenizer()
    private let pool = ScratchPool()

    /// Two neighbours and what they become.
    struct Merge: Sendable, Equatable {
        var left: Int32
        var right: Int32
        var id: Int32
    }

    /// `V`
    public var vocabularySize: Int { tokens.count }

    init(_ parts: TokenizerParts) {
        names = parts.vocabulary.names
        specials = parts.vocabulary.specials
        merges = parts.merges
        addedTokens = parts.added.sorted { $0.id < $1.id }
        lowercases = parts.lowercases
        addsPrefixSpace = parts.addsPrefixSpace
        table = MergeTable(parts.merges, byteIDs: parts.vocabulary.byteIDs)
        finder = parts.added.isEmpty ? nil : AddedTokenFinder(parts.added)
        hasOrdinaryAddedTokens = parts.added.contains { !$0.special }
        var isSpecialID = [Bool](repeating: false, count: parts.vocabulary.names.count)
        for id in parts.vocabulary.specials.ids { isSpecialID[Int(id)] = true }
        var tokens = parts.vocabulary.names.map { ByteAlphabet.bytes(of: $0) ?? $0 }
        for id in parts.vocabulary.specials.ids { tokens[Int(id)] = parts.vocabulary.names[Int(id)] }
        for token in parts.added {
            tokens[Int(token.id)] = token.content
            if token.special { isSpecialID[Int(token.id)] = true }
        }
        self.tokens = tokens
        self.isSpecialID = isSpecialID
    }

    /// True for `specials` and for added tokens that are marked as special.
    public func isSpecial(_ id: Int32) -> Bool { isSpecialID.indices.contains(Int(id)) && isSpecialID[Int(id)] }

    /// Ids that stand for no text, ascending.
    public var specialIDs: [Int32] { isSpecialID.indices.filter { isSpecialID[$0] }.map { Int32($0) } }

    public func encode(_ text: String, recognizesSpecials: Bool = false) -> Encoding {
        var text = text
        return text.withUTF8 { encode(utf8: $0, recognizesSpecials: recognizesSpecials) }
    }

    /// Bytes that are not UTF-8 are encoded as themselves, each a sign of its own for the pre-tokenizer.
    public func encode(_ bytes: [UInt8]) -> Encoding { bytes.withUnsafeBufferPointer { encode(utf8: $0) } }

    public func encode(utf8 text: UnsafeBufferPointer<UInt8>, recognizesSpecials: Bool = false) -> Encoding {
        pool.use { scratch in
            scratch.count = 0
            if let finder, recognizesSpecials || hasOrdinaryAddedTokens {
                finder.split(text, recognizesSpecials: recognizesSpecials) { part in
                    switch part {
                    case .text(let range): add(UnsafeBufferPointer(rebasing: text[range]), to: scratch)
                    case .token(let id): scratch.append(id)
                    }
                }
            } else {
                add(text, to: scratch)
            }
            return scratch.encoding
        }
    }

    /// Lower-cases and puts a blank before the text as the tokenizer has it, then encodes it.
    private func add(_ text: UnsafeBufferPointer<UInt8>, to scratch: EncodingScratch) {
        guard !text.isEmpty else { return }
        let needsBlank = addsPrefixSpace && text[0] != UInt8(ascii: " ")
        guard lowercases || needsBlank else { return cut(text, into: scratch) }
        var changed: [UInt8] = needsBlank ? [UInt8(ascii: " ")] : []
        if lowercases { changed += lowercased(text) } else { changed += text }
        changed.withUnsafeBufferPointer { cut($0, into: scratch) }
    }

    /// Cuts the text into pieces and appends the ids of each.
    private func cut(_ text: UnsafeBufferPointer<UInt8>, into scratch: EncodingScratch) {
        guard let base = text.baseAddress else { return }
        // A token has at least one byte.
        scratch.reserve(text.count)
        let (ids, starts) = (scratch.ids, scratch.starts)
        var (count, at) = (scratch.count, 0)
        while at < text.count {
            let end = preTokenizer.pieceEnd(base, from: at, to: text.count)
            let length = end - at
            if length <= WordCache.longest {
                let key = scratch.cache.key(base + at, length: length, available: text.count - at)
                let written = scratch.cache.write(key, length: length, ids: ids + count, starts: starts + count)
                if written > 0 {
                    count += written
                } else {
                    let tokens = merge(base + at, length: length, ids + count, starts + count, scratch)
                    if tokens <= WordCache.mostIDs {
                        scratch.cache.remember(key, length: length, ids: ids + count, count: tokens)
                    }
                    count += tokens
                }
            } else {
                count += merge(base + at, length: length, ids + count, starts + count, scratch)
            }
            at = end
        }
        scratch.count = count
    }

    /// Merges one piece, writes its tokens and returns how many there are.
    @inline(never)
    private func merge(
        _ piece: UnsafePointer<UInt8>, length: Int, _ ids: UnsafeMutablePointer<Int32>,
        _ starts: UnsafeMutablePointer<Bool>, _ scratch: EncodingScratch
    ) -> Int {
        let count = scratch.merger.merge(piece, length: length, into: ids, by: table)
        starts[0] = true
        for index in 1..<max(count, 1) { starts[index] = false }
        return count
    }

    /// The bytes of `ids`: those that were encoded.
    /// - Parameter withSpecials: keeps the names of special tokens instead of leaving them out.
    public func bytes(of ids: some Sequence<Int32>, withSpecials: Bool = false) throws(TextError) -> [UInt8] {
        var bytes: [UInt8] = []
        for id in ids {
            guard id >= 0, Int(id) < tokens.count else {
                throw .unknownID(id, vocabularySize: tokens.count)
            }
            if withSpecials || !isSpecialID[Int(id)] { bytes += tokens[Int(id)] }
        }
        return bytes
    }

    /// The text of `ids`; each longest part that could have begun a scalar and did not become one is U+FFFD.
    public func decode(_ ids: some Sequence<Int32>, withSpecials: Bool = false) throws(TextError) -> String {
        String(decoding: try bytes(of: ids, withSpecials: withSpecials), as: UTF8.self)
    }
}

/// Lower case by Unicode's default mapping of single scalars.
func lowercased(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard text.allSatisfy({ $0 < 0x80 }) else { return Array(String(decoding: text, as: UTF8.self).lowercased().utf8) }
    return text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
}
