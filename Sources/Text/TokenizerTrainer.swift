/// Learns a byte-level BPE vocabulary from text.
///
/// At each step the pair of neighbouring tokens that occurs most often becomes a token. Of pairs that occur equally
/// often, the one with the smaller left id, then the smaller right id, is taken, so that the result depends on the
/// multiset of texts only. Ids: 4 special tokens, the 256 bytes in the order of their scalars (`ByteAlphabet`), merged
/// tokens as they are made, `<mask>`.
public struct TokenizerTrainer {
    public let vocabularySize: Int
    public let minimumFrequency: Int
    public let lowercases: Bool
    private var words = WordCounter()
    private let preTokenizer = PreTokenizer()

    /// - Parameters:
    ///   - vocabularySize: V, reached unless the text has too few pairs.
    ///   - minimumFrequency: rarer pairs are not merged.
    public init(vocabularySize: Int, minimumFrequency: Int = 2, lowercases: Bool = false) throws(TextError) {
        let least = Tokenizer.leadingSpecials.count + 256 + 1
        guard vocabularySize >= least, vocabularySize <= Int(Int32.max) else {
            throw .vocabularyTooSmall(asked: vocabularySize, least: least)
        }
        self.vocabularySize = vocabularySize
        self.minimumFrequency = max(minimumFrequency, 1)
        self.lowercases = lowercases
    }

    /// Counts the pieces of one line of text (without its line end) or of one document.
    public mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(utf8: $0) }
    }

    public mutating func add(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard lowercases else { return count(text) }
        let lower = lowercased(text)
        lower.withUnsafeBufferPointer { count($0) }
    }

    private mutating func count(_ text: UnsafeBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return }
        var at = 0
        while at < text.count {
            let end = preTokenizer.pieceEnd(base, from: at, to: text.count)
            words.add(UnsafeBufferPointer(rebasing: text[at..<end]))
            at = end
        }
    }

    /// - Parameter progress: called now and then with the size reached so far.
    public func train(progress: (Int) -> Void = { _ in }) -> Tokenizer {
        var tokens = Tokenizer.leadingSpecials.map { Array($0.utf8) }
        var byteIDs = [Int32](repeating: 0, count: 256)
        for byte in ByteAlphabet.bytesByScalar {
            byteIDs[Int(byte)] = Int32(tokens.count)
            tokens.append([byte])
        }
        var ids = Dictionary(
            tokens.enumerated().dropFirst(Tokenizer.leadingSpecials.count).map { ($0.element, Int32($0.offset)) },
            uniquingKeysWith: { first, _ in first })
        var merges: [(left: Int32, right: Int32, id: Int32)] = []
        var pairs = PairCounter(words, byteIDs: byteIDs)
        while tokens.count < vocabularySize - 1, let pair = pairs.popMostFrequent(atLeast: minimumFrequency) {
            let bytes = tokens[Int(pair.left)] + tokens[Int(pair.right)]
            // Two pairs may spell the same token.
            let id = ids[bytes] ?? Int32(tokens.count)
            if Int(id) == tokens.count {
                tokens.append(bytes)
                ids[bytes] = id
            }
            merges.append((pair.left, pair.right, id))
            pairs.merge(pair, into: id)
            if merges.count % 512 == 0 { progress(tokens.count) }
        }
        tokens.append(Array(Tokenizer.maskName.utf8))
        progress(tokens.count)
        return Tokenizer(tokens: tokens, merges: merges, byteIDs: byteIDs, lowercases: lowercases)
    }
}
