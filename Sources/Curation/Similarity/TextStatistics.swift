import Glibc

/// The words of a collection of texts with the number of texts that have each: what a word's weight depends on.
///
/// Words are lower-case runs of letters and digits, numbered in alphabetical order. So sums over a text's words have one
/// order, whichever part of the collection they are made from.
public struct TextStatistics: Sendable {
    /// Counted before words are numbered.
    struct Counter: Sendable {
        private(set) var having: [String: Int]
        private(set) var texts: Int

        init(having: [String: Int] = [:], texts: Int = 0) {
            self.having = having
            self.texts = texts
        }

        mutating func add(_ text: String) {
            texts += 1
            for word in Set(TextStatistics.words(of: text)) { having[word, default: 0] += 1 }
        }

        mutating func add(_ other: Counter) {
            texts += other.texts
            having.merge(other.having, uniquingKeysWith: +)
        }
    }

    /// A text of length one: words, ascending, and their weights.
    struct Vector: Sendable, Equatable {
        struct Entry: Sendable, Equatable {
            var word: Int32
            var weight: Float
        }

        var entries: [Entry] = []

        /// Cosine of two vectors; words are added up in their order.
        func cosine(_ other: some RandomAccessCollection<Entry>) -> Float {
            var sum: Float = 0
            var place = other.startIndex
            for entry in entries {
                while place < other.endIndex, other[place].word < entry.word { place = other.index(after: place) }
                guard place < other.endIndex else { break }
                if other[place].word == entry.word { sum += entry.weight * other[place].weight }
            }
            return sum
        }
    }

    private let numbers: [String: Int32]
    /// log((1 + n) / (1 + texts that have it)) of each word.
    private let rarities: [Float]

    /// Number of different words.
    var wordCount: Int { rarities.count }

    init(_ counter: Counter) {
        let words = counter.having.keys.sorted()
        let n = Double(counter.texts)
        rarities = words.map { Float(log((1 + n) / (1 + Double(counter.having[$0] ?? 0)))) }
        numbers = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, Int32($0)) })
    }

    /// Lower-case runs of letters and digits.
    static func words(of text: String) -> [String] {
        text.utf8.allSatisfy { $0 < 0x80 }
            ? asciiWords(of: text) : text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// The same for ASCII, byte by byte.
    private static func asciiWords(of text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            default:
                if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll(keepingCapacity: true)
            }
        }
        return word.isEmpty ? words : words + [String(decoding: word, as: UTF8.self)]
    }

    /// A text as a vector, each word weighed (1 + log count) · rarity (Spärck Jones 1972). Words of no text, and of all, are
    /// left out.
    func vector(of text: String) -> Vector {
        var counts: [Int32: Int] = [:]
        for word in Self.words(of: text) { if let number = numbers[word] { counts[number, default: 0] += 1 } }
        let raw = counts.sorted { $0.key < $1.key }.compactMap { word, count -> Vector.Entry? in
            let weight = (1 + logf(Float(count))) * rarities[Int(word)]
            return weight > 0 ? Vector.Entry(word: word, weight: weight) : nil
        }
        let length = raw.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
        return Vector(entries: raw.map { Vector.Entry(word: $0.word, weight: $0.weight / length) })
    }
}
