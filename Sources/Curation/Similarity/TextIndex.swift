import Glibc

/// Texts as TF-IDF vectors (Spärck Jones 1972) with an index from words to texts: who says nearly the same as whom.
///
/// A word weighs (1 + log count) · log((1 + n) / (1 + texts that have it)); vectors have length one, so that products are
/// cosines.
public struct TextIndex: Sendable {
    /// A text that is similar, and its cosine.
    public struct Match: Sendable, Equatable {
        public let text: Int
        public let score: Float
    }

    private struct Posting {
        let text: Int32
        let weight: Float
    }

    private let numbers: [String: Int32]
    /// Of each word.
    private let weights: [Float]
    /// `postings[starts[w] ..< starts[w + 1]]` are the texts that have word w, ascending.
    private let starts: [Int]
    private let postings: [Posting]

    /// Number of texts.
    public let count: Int

    public init(_ texts: [String]) {
        count = texts.count
        var numbers: [String: Int32] = [:]
        var having: [Int] = []
        var words: [[(word: Int32, count: Int)]] = []
        for text in texts {
            var counts: [Int32: Int] = [:]
            for word in Self.words(of: text) {
                let number = numbers[word] ?? Int32(having.count)
                if number == having.count {
                    numbers[word] = number
                    having.append(0)
                }
                counts[number, default: 0] += 1
            }
            for word in counts.keys { having[Int(word)] += 1 }
            words.append(counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        let n = Double(texts.count)
        let weights = having.map { Float(log((1 + n) / (1 + Double($0)))) }
        var starts = [0]
        for count in having { starts.append(starts[starts.count - 1] + count) }
        var next = starts
        var postings = [Posting](repeating: Posting(text: 0, weight: 0), count: starts[having.count])
        for (text, words) in words.enumerated() {
            for (word, weight) in Self.unit(words, weights) {
                postings[next[Int(word)]] = Posting(text: Int32(text), weight: weight)
                next[Int(word)] += 1
            }
        }
        (self.numbers, self.weights, self.starts, self.postings) = (numbers, weights, starts, postings)
    }

    /// Lower-case runs of letters and digits.
    static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    private static func unit(
        _ words: [(word: Int32, count: Int)], _ weights: [Float]
    ) -> [(word: Int32, weight: Float)] {
        let raw = words.map { ($0.word, (1 + logf(Float($0.count))) * weights[Int($0.word)]) }
        let length = raw.reduce(0) { $0 + $1.1 * $1.1 }.squareRoot()
        return raw.map { ($0.0, length > 0 ? $0.1 / length : 0) }
    }

    /// Cosines of a text with all others are summed up here; one for each thread.
    public struct Scratch {
        var scores: [Float]
        var touched: [Int32] = []

        public init(_ index: TextIndex) { scores = [Float](repeating: 0, count: index.count) }
    }

    /// The `limit` most similar texts, best first, ties by number.
    /// - Parameter isWanted: which texts may be among them, by number and cosine.
    public func matches(
        for text: String, limit: Int, _ scratch: inout Scratch, where isWanted: (Int, Float) -> Bool = { _, _ in true }
    ) -> [Match] {
        var counts: [Int32: Int] = [:]
        for word in Self.words(of: text) { if let number = numbers[word] { counts[number, default: 0] += 1 } }
        let query = Self.unit(counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, weights)
        for (word, weight) in query where weight > 0 {
            for posting in postings[starts[Int(word)]..<starts[Int(word) + 1]] {
                if scratch.scores[Int(posting.text)] == 0 { scratch.touched.append(posting.text) }
                scratch.scores[Int(posting.text)] += weight * posting.weight
            }
        }
        defer {
            for text in scratch.touched { scratch.scores[Int(text)] = 0 }
            scratch.touched.removeAll(keepingCapacity: true)
        }
        var best: [Match] = []
        for text in scratch.touched {
            let match = Match(text: Int(text), score: scratch.scores[Int(text)])
            guard best.count < limit || Self.precedes(match, best[best.count - 1]) else { continue }
            guard isWanted(match.text, match.score) else { continue }
            best.insert(match, at: best.firstIndex { Self.precedes(match, $0) } ?? best.count)
            if best.count > limit { best.removeLast() }
        }
        return best
    }

    private static func precedes(_ one: Match, _ other: Match) -> Bool {
        one.score > other.score || (one.score == other.score && one.text < other.text)
    }
}
