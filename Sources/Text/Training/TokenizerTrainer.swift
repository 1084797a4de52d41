import Runtime

/// Learns a byte-level BPE vocabulary from text.
///
/// At each step the pair of neighbouring tokens that occurs most often becomes a token. Of pairs that occur equally
/// often, the one with the smaller left id, then the smaller right id, is taken, so that the result depends on the
/// multiset of texts only. A pair that spells the name of a special token is left alone: text never becomes one. Ids:
/// `<s> <pad> </s> <unk>`, the 256 bytes in the order of their scalars (`ByteAlphabet`), merged tokens as they are made,
/// `<mask>`.
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
        let least = SpecialTokens.names.count + 256
        guard vocabularySize >= least, vocabularySize <= MergeTable.mostTokens else {
            throw .vocabularyOutOfRange(asked: vocabularySize, allowed: least...MergeTable.mostTokens)
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
        WorkPulse.beat()
        var at = 0
        while at < text.count {
            let end = preTokenizer.pieceEnd(base, from: at, to: text.count)
            words.add(UnsafeBufferPointer(rebasing: text[at..<end]))
            at = end
        }
    }

    /// - Parameter progress: called now and then with the size reached so far.
    public func train(progress: (Int) -> Void = { _ in }) -> Tokenizer {
        let leading = SpecialTokens.names.dropLast().map { Array($0.utf8) }
        let alphabet = ByteAlphabet.bytesByScalar
        var tokens = leading + alphabet.map { [$0] }
        var byteIDs = [Int32](repeating: 0, count: 256)
        for (place, byte) in alphabet.enumerated() { byteIDs[Int(byte)] = Int32(leading.count + place) }
        var ids = Dictionary(
            tokens.enumerated().dropFirst(leading.count).map { ($0.element, Int32($0.offset)) },
            uniquingKeysWith: { first, _ in first })
        var merges: [Tokenizer.Merge] = []
        var pairs = PairCounter(words, byteIDs: byteIDs)
        while tokens.count < vocabularySize - 1, let pair = pairs.popMostFrequent(atLeast: minimumFrequency) {
            let left = tokens[Int(pair.left)]
            let bytes = left + tokens[Int(pair.right)]
            guard Self.mayMerge(left, making: bytes) else { continue }
            // Two pairs may spell the same token.
            let id = ids[bytes] ?? Int32(tokens.count)
            if Int(id) == tokens.count {
                tokens.append(bytes)
                ids[bytes] = id
            }
            merges.append(Tokenizer.Merge(left: pair.left, right: pair.right, id: id))
            pairs.merge(pair, into: id)
            WorkPulse.beat()
            if merges.count % 512 == 0 { progress(tokens.count) }
        }
        progress(tokens.count + 1)
        let names = tokens.enumerated().map { place, bytes in
            place < leading.count ? bytes : Array(ByteAlphabet.text(of: bytes).utf8)
        }
        let special = leading.indices.map { Int32($0) } + [Int32(names.count)]
        return Tokenizer(
            TokenizerParts(
                vocabulary: Vocabulary(
                    names: names + [Array(SpecialTokens.names[leading.count].utf8)], specials: SpecialTokens(special),
                    byteIDs: byteIDs),
                merges: merges, lowercases: lowercases))
    }

    /// No merge spells a special token, and no line of `merges.txt` looks like its header.
    private static func mayMerge(_ left: [UInt8], making bytes: [UInt8]) -> Bool {
        !specialNames.contains(bytes) && !left.starts(with: MergesFile.header)
    }

    private static let specialNames = Set(SpecialTokens.names.map { Array($0.utf8) })
}
