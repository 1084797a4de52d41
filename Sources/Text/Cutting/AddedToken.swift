/// A token that is found in a text before the text is cut into pieces.
public struct AddedToken: Sendable, Equatable {
    public var id: Int32
    /// UTF-8, not empty.
    public var content: [UInt8]
    /// Only where neither neighbour belongs to a word.
    public var singleWord: Bool
    /// Takes the white space before it along.
    public var stripsLeft: Bool
    /// Takes the white space after it along.
    public var stripsRight: Bool
    /// Looked for after the tokens that are not.
    public var normalized: Bool
    /// A control token such as `<s>`: not part of what a text says.
    public var special: Bool
}

/// Finds added tokens in text: leftmost first, of those the longest, without overlaps.
struct AddedTokenFinder: Sendable {
    enum Part {
        case text(Range<Int>)
        case token(Int32)
    }

    /// Those that are not normalised, then those that are, each with its own trie.
    private let rounds: [Round]
    private let classes = ScalarClasses.shared

    private struct Round: Sendable {
        var tokens: [AddedToken] = []
        /// Per node of the trie, the next node of each byte.
        var nodes: [[UInt8: Int32]] = [[:]]
        /// Per node, the token that ends there, or −1.
        var ends: [Int32] = [-1]

        mutating func add(_ token: AddedToken) {
            var node = 0
            for byte in token.content {
                if let next = nodes[node][byte] {
                    node = Int(next)
                } else {
                    nodes[node][byte] = Int32(nodes.count)
                    node = nodes.count
                    nodes.append([:])
                    ends.append(-1)
                }
            }
            ends[node] = Int32(tokens.count)
            tokens.append(token)
        }

        /// The longest token at the start of `text`.
        func longest(_ text: UnsafeBufferPointer<UInt8>.SubSequence) -> AddedToken? {
            var (node, found) = (0, Int32(-1))
            for byte in text {
                guard let next = nodes[node][byte] else { break }
                node = Int(next)
                if ends[node] >= 0 { found = ends[node] }
            }
            return found >= 0 ? tokens[Int(found)] : nil
        }
    }

    init(_ tokens: [AddedToken]) {
        var (raw, normalized) = (Round(), Round())
        for token in tokens { token.normalized ? normalized.add(token) : raw.add(token) }
        rounds = [raw, normalized].filter { !$0.tokens.isEmpty }
    }

    /// Calls `body` with the parts of `text` in order.
    /// - Parameter recognizesSpecials: names of special tokens are tokens; otherwise they are text like any other.
    func split(_ text: UnsafeBufferPointer<UInt8>, recognizesSpecials: Bool, _ body: (Part) -> Void) {
        split(text, 0..<text.count, round: 0, recognizesSpecials, body)
    }

    private func split(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, round: Int, _ recognizesSpecials: Bool,
        _ body: (Part) -> Void
    ) {
        guard round < rounds.count else { return body(.text(range)) }
        var done = range.lowerBound
        var at = range.lowerBound
        while at < range.upperBound {
            guard let token = rounds[round].longest(text[at..<range.upperBound]) else {
                at += 1
                continue
            }
            let match = at..<at + token.content.count
            at = match.upperBound
            if token.special && !recognizesSpecials { continue }
            if token.singleWord && touchesWord(text, match, within: range) { continue }
            let start = token.stripsLeft ? max(spacesStart(text, before: match, within: range), done) : match.lowerBound
            if done < start { split(text, done..<start, round: round + 1, recognizesSpecials, body) }
            body(.token(token.id))
            done = token.stripsRight ? spacesEnd(text, after: match, within: range) : match.upperBound
        }
        if done < range.upperBound { split(text, done..<range.upperBound, round: round + 1, recognizesSpecials, body) }
    }

    /// The start of the scalar that ends before `end`.
    private func previous(_ text: UnsafeBufferPointer<UInt8>, _ end: Int, within range: Range<Int>) -> Int {
        var start = end - 1
        while start > range.lowerBound, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    private func touchesWord(
        _ text: UnsafeBufferPointer<UInt8>, _ match: Range<Int>, within range: Range<Int>
    ) -> Bool {
        guard let base = text.baseAddress else { return false }
        if match.lowerBound > range.lowerBound {
            let start = previous(text, match.lowerBound, within: range)
            if classes.isInWord(base + start, available: match.lowerBound - start) { return true }
        }
        guard match.upperBound < range.upperBound else { return false }
        return classes.isInWord(base + match.upperBound, available: range.upperBound - match.upperBound)
    }

    private func spacesStart(
        _ text: UnsafeBufferPointer<UInt8>, before match: Range<Int>, within range: Range<Int>
    ) -> Int {
        guard let base = text.baseAddress else { return match.lowerBound }
        var start = match.lowerBound
        while start > range.lowerBound {
            let candidate = previous(text, start, within: range)
            guard classes.space(base + candidate, available: start - candidate) == start - candidate else { break }
            start = candidate
        }
        return start
    }

    private func spacesEnd(
        _ text: UnsafeBufferPointer<UInt8>, after match: Range<Int>, within range: Range<Int>
    ) -> Int {
        guard let base = text.baseAddress else { return match.upperBound }
        var end = match.upperBound
        while end < range.upperBound, let length = classes.space(base + end, available: range.upperBound - end) {
            end += length
        }
        return end
    }
}
