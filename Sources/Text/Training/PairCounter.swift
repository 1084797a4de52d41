/// Neighbouring tokens.
struct TokenPair: Hashable {
    var left: Int32
    var right: Int32
}

/// How often each pair of neighbours occurs in the words, kept up to date as pairs are merged: a merge visits only the
/// words that its pair occurs in.
struct PairCounter {
    /// The words as tokens: word `w` is the first `lengths[w]` of `symbols[starts[w]...]`.
    private var symbols: [Int32] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private let wordCounts: [Int]
    /// The last merge that visited a word.
    private var visits: [Int32]
    private var visit: Int32 = 0

    private var indices: [TokenPair: Int32] = [:]
    private var pairs: [TokenPair] = []
    private var counts: [Int] = []
    /// Per pair, a list of words that it occurred in at some time: the first node of `nodes`, or −1.
    private var heads: [Int32] = []
    private var nodes: [(word: Int32, next: Int32)] = []
    private var heap = PairHeap()
    /// Pairs whose count grew in this merge.
    private var grown: [Int32] = []

    init(_ words: WordCounter, byteIDs: [Int32]) {
        wordCounts = words.counts
        visits = [Int32](repeating: 0, count: words.counts.count)
        symbols = words.bytes.map { byteIDs[Int($0)] }
        for word in words.counts.indices {
            let range = words.offsets[word]..<words.offsets[word + 1]
            starts.append(range.lowerBound)
            lengths.append(Int32(range.count))
            for index in range.dropFirst() {
                add(TokenPair(left: symbols[index - 1], right: symbols[index]), in: word)
            }
        }
        pushGrown()
    }

    /// The most frequent pair; nil when none occurs at least `least` times.
    mutating func popMostFrequent(atLeast least: Int) -> TokenPair? {
        while let top = heap.pop() {
            let count = counts[Int(top.index)]
            // Entries are not updated when a pair becomes rarer.
            if count == top.count { return count >= least ? top.pair : nil }
            if count > 0 { heap.push(PairHeap.Entry(count: count, pair: top.pair, index: top.index)) }
        }
        return nil
    }

    /// Replaces every occurrence of `pair`, left to right within a word, by `id`.
    mutating func merge(_ pair: TokenPair, into id: Int32) {
        guard let index = indices[pair] else { return }
        visit += 1
        var node = heads[Int(index)]
        heads[Int(index)] = -1
        while node >= 0 {
            let (word, next) = nodes[Int(node)]
            if visits[Int(word)] != visit {
                visits[Int(word)] = visit
                merge(pair, into: id, word: Int(word))
            }
            node = next
        }
        counts[Int(index)] = 0
        pushGrown()
    }

    private mutating func merge(_ pair: TokenPair, into id: Int32, word: Int) {
        let start = starts[word]
        let end = start + Int(lengths[word])
        var (read, write) = (start, start)
        while read < end {
            guard read + 1 < end, symbols[read] == pair.left, symbols[read + 1] == pair.right else {
                symbols[write] = symbols[read]
                read += 1
                write += 1
                continue
            }
            if write > start {
                remove(TokenPair(left: symbols[write - 1], right: pair.left), in: word)
                add(TokenPair(left: symbols[write - 1], right: id), in: word)
            }
            if read + 2 < end {
                remove(TokenPair(left: pair.right, right: symbols[read + 2]), in: word)
                add(TokenPair(left: id, right: symbols[read + 2]), in: word)
            }
            symbols[write] = id
            read += 2
            write += 1
        }
        lengths[word] = Int32(write - start)
    }

    private mutating func remove(_ pair: TokenPair, in word: Int) {
        if let index = indices[pair] { counts[Int(index)] -= wordCounts[word] }
    }

    private mutating func add(_ pair: TokenPair, in word: Int) {
        let index: Int32
        if let known = indices[pair] {
            index = known
        } else {
            index = Int32(pairs.count)
            indices[pair] = index
            pairs.append(pair)
            counts.append(0)
            heads.append(-1)
        }
        counts[Int(index)] += wordCounts[word]
        if grown.last != index { grown.append(index) }
        let head = heads[Int(index)]
        if head >= 0, nodes[Int(head)].word == word { return }
        heads[Int(index)] = Int32(nodes.count)
        nodes.append((Int32(word), head))
    }

    private mutating func pushGrown() {
        grown.sort()
        var previous: Int32 = -1
        for index in grown where index != previous {
            previous = index
            let count = counts[Int(index)]
            if count > 0 { heap.push(PairHeap.Entry(count: count, pair: pairs[Int(index)], index: index)) }
        }
        grown.removeAll(keepingCapacity: true)
    }
}
