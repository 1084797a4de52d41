import Runtime

/// Texts as TF-IDF vectors with an index from words to texts: who says nearly the same as whom.
public struct TextIndex: Sendable {
    private typealias Entry = TextStatistics.Vector.Entry

    private struct Posting {
        let text: Int32
        let weight: Float
    }

    let statistics: TextStatistics
    /// `entries[firsts[t] ..< firsts[t + 1]]` are the words of text t, ascending.
    private let firsts: [Int]
    private let entries: [Entry]
    /// `postings[starts[w] ..< starts[w + 1]]` are the texts that have word w, ascending.
    private let starts: [Int]
    private let postings: [Posting]
    /// The largest weight that a word has in any text.
    private let peaks: [Float]

    /// Number of texts.
    public var count: Int { firsts.count - 1 }

    /// - Parameters:
    ///   - statistics: of a collection that the texts are from. - vectors: by these statistics.
    init(_ statistics: TextStatistics, _ vectors: some Sequence<TextStatistics.Vector>) {
        var (firsts, entries): ([Int], [Entry]) = ([0], [])
        for vector in vectors {
            entries += vector.entries
            firsts.append(entries.count)
        }
        var starts = [Int](repeating: 0, count: statistics.wordCount + 1)
        for entry in entries { starts[Int(entry.word) + 1] += 1 }
        for word in 0..<statistics.wordCount { starts[word + 1] += starts[word] }
        var next = starts
        var postings = [Posting](repeating: Posting(text: 0, weight: 0), count: entries.count)
        var peaks = [Float](repeating: 0, count: statistics.wordCount)
        for text in 0..<firsts.count - 1 {
            for entry in entries[firsts[text]..<firsts[text + 1]] {
                let word = Int(entry.word)
                postings[next[word]] = Posting(text: Int32(text), weight: entry.weight)
                next[word] += 1
                peaks[word] = max(peaks[word], entry.weight)
            }
        }
        (self.statistics, self.firsts, self.entries) = (statistics, firsts, entries)
        (self.starts, self.postings, self.peaks) = (starts, postings, peaks)
    }

    /// An index of texts by their own statistics.
    init(_ texts: [String], pool: WorkerPool) throws {
        var counters = [TextStatistics.Counter](repeating: .init(), count: pool.threads)
        counters.withUnsafeMutableBufferPointer { counters in
            let counters = counters
            pool.run(texts.count) { text, worker in counters[worker].add(texts[text]) }
        }
        let statistics = TextStatistics(counters.dropFirst().reduce(into: counters[0]) { $0.add($1) })
        self.init(statistics, try pool.map(texts.count) { text, _ in statistics.vector(of: texts[text]) })
    }

    public init(_ texts: [String]) throws { try self.init(texts, pool: WorkerPool(threads: 1)) }

    /// Products are summed up here; one for each thread.
    public struct Scratch: Sendable {
        var scores: [Float]
        var touched: [Int32] = []
        var histogram = [Int](repeating: 0, count: 1024)

        public init(_ index: TextIndex) { scores = [Float](repeating: 0, count: index.count) }
    }

    /// The `limit` most similar texts, best first, ties by number. Texts that share no word are never among them.
    /// - Parameter floor: the lowest cosine of one.
    public func matches(for text: String, limit: Int, floor: Float = 0, _ scratch: inout Scratch) -> [Match] {
        matches(for: statistics.vector(of: text), limit: limit, floor: floor, &scratch)
    }

    /// Words are looked up by what they can contribute at most, the greatest first, until no text that has none of them can
    /// be among the best; those that still can are then compared in full. So words like "the" are hardly ever looked up, and
    /// nothing is missed. (After Turtle and Flood, Query evaluation, 1995.)
    func matches(
        for query: TextStatistics.Vector, limit: Int, floor: Float = 0, _ scratch: inout Scratch
    ) -> [Match] {
        guard limit > 0 else { return [] }
        let words = query.entries.map { (entry: $0, most: $0.weight * peaks[Int($0.word)]) }.filter { $0.most > 0 }
            .sorted { ($1.most, $0.entry.word) < ($0.most, $1.entry.word) }
        var rest = words.reduce(0) { $0 + $1.most }
        var least = floor
        for word in words {
            // Rounding of sums in another order stays far below.
            if rest + Self.slack < least { break }
            look(up: word.entry, &scratch)
            rest -= word.most
            least = max(floor, scratch.lowerBound(ofBest: limit))
        }
        defer { scratch.clear() }
        var best = BestMatches(limit: limit, floor: max(floor, .leastNonzeroMagnitude))
        for text in scratch.touched where scratch.scores[Int(text)] + max(rest, 0) + Self.slack >= least {
            let own = entries[firsts[Int(text)]..<firsts[Int(text) + 1]]
            best.offer(Match(number: Int(text), score: query.cosine(own)))
        }
        return best.sorted()
    }

    private static let slack: Float = 1e-4

    private func look(up entry: Entry, _ scratch: inout Scratch) {
        for posting in postings[starts[Int(entry.word)]..<starts[Int(entry.word) + 1]] {
            if scratch.scores[Int(posting.text)] == 0 { scratch.touched.append(posting.text) }
            scratch.scores[Int(posting.text)] += entry.weight * posting.weight
        }
    }
}

extension TextIndex.Scratch {
    /// A number that at least `count` of the sums reach, and hardly any more would; 0 where there are fewer.
    fileprivate mutating func lowerBound(ofBest count: Int) -> Float {
        guard touched.count >= count else { return 0 }
        let last = histogram.count - 1
        for text in touched { histogram[min(Int(scores[Int(text)] * Float(last)), last)] += 1 }
        var (bucket, above) = (last, histogram[last])
        while above < count {
            bucket -= 1
            above += histogram[bucket]
        }
        for place in histogram.indices { histogram[place] = 0 }
        return Float(bucket) / Float(last)
    }

    fileprivate mutating func clear() {
        for text in touched { scores[Int(text)] = 0 }
        touched.removeAll(keepingCapacity: true)
    }
}
