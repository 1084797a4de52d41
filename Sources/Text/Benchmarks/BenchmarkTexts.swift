import Runtime

/// Texts to time tokenizers on: made up from a seed, the same on every machine. The words are the same for every seed,
/// so that a tokenizer trained on one seed's text knows another's.
public enum BenchmarkTexts {
    /// Lines in the manner of dictionary glosses, of about `bytes` bytes in all.
    public static func english(bytes: Int, seed: UInt64) -> [[UInt8]] {
        let lexicon = Lexicon(
            common: EnglishWords.common, count: 20_000, makeWord: EnglishWords.makeWord, lexiconSeed: 1)
        return lines(bytes: bytes, seed: seed) { stream in
            var line: [UInt8] = []
            for part in 0...stream.integer(below: 3) {
                if part > 0 { line += stream.uniform() < 0.3 ? Array("; \"".utf8) : Array("; ".utf8) }
                for word in 0...(2 + stream.integer(below: 10)) {
                    if word > 0 { line += stream.uniform() < 0.06 ? Array(", ".utf8) : Array(" ".utf8) }
                    line += lexicon.draw(&stream)
                }
            }
            if stream.uniform() < 0.1 { line += Array(" (\(1000 + stream.integer(below: 1000)))".utf8) }
            return line
        }
    }

    /// Lines in many scripts, each line mostly in one, with emoji, numbers and signs between.
    public static func mixed(bytes: Int, seed: UInt64) -> [[UInt8]] {
        let lexicons = Script.all.enumerated().map { index, script in
            Lexicon(common: [], count: script.words, makeWord: script.makeWord, lexiconSeed: UInt64(100 + index))
        }
        let signs = [", ", ". ", "! ", " — ", " 1984 ", " 3.14 ", " 👍🏽 ", " 👩‍👩‍👧 ", "… ", "  ", "\t", "\u{A0}", " (x²) "]
            .map { Array($0.utf8) }
        return lines(bytes: bytes, seed: seed) { stream in
            let script = stream.integer(below: lexicons.count)
            var line: [UInt8] = []
            for word in 0...(4 + stream.integer(below: 20)) {
                if word > 0 {
                    if stream.uniform() < 0.15 {
                        line += signs[stream.integer(below: signs.count)]
                    } else if Script.all[script].separates {
                        line.append(UInt8(ascii: " "))
                    }
                }
                let other = stream.uniform() < 0.05 ? stream.integer(below: lexicons.count) : script
                line += lexicons[other].draw(&stream)
            }
            return line
        }
    }

    private static func lines(
        bytes: Int, seed: UInt64, _ make: (inout RandomStream) -> [UInt8]
    ) -> [[UInt8]] {
        var stream = RandomKey(seed: seed, purpose: .benchmarkText).stream
        var (lines, total) = ([[UInt8]](), 0)
        while total < bytes {
            lines.append(make(&stream))
            total += lines[lines.count - 1].count + 1
        }
        return lines
    }

    /// The same lines without the words (as blanks cut them) that an earlier place has: no cache of words helps.
    public static func withoutRepetitions(_ lines: [[UInt8]]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return lines.compactMap { line in
            let words = line.split(separator: UInt8(ascii: " ")).filter { seen.insert(Array($0)).inserted }
            return words.isEmpty ? nil : Array(words.joined(separator: [UInt8(ascii: " ")]))
        }
    }
}

extension Purpose {
    /// Words and lines of `BenchmarkTexts`.
    fileprivate static let benchmarkText = Purpose(32)
}

/// Words that are drawn as words are in texts: the r-th most frequent in proportion to 1 / (r + 3).
private struct Lexicon {
    private let words: [[UInt8]]
    /// Sums of the weights up to each word, out of the last.
    private let sums: [Float]

    init(common: [String], count: Int, makeWord: (inout RandomStream) -> String, lexiconSeed: UInt64) {
        var stream = RandomKey(seed: lexiconSeed, position: 1, purpose: .benchmarkText).stream
        var words = common.map { Array($0.utf8) }
        while words.count < count { words.append(Array(makeWord(&stream).utf8)) }
        var total: Float = 0
        sums = words.indices.map { rank in
            total += 1 / Float(rank + 3)
            return total
        }
        self.words = words
    }

    func draw(_ stream: inout RandomStream) -> [UInt8] {
        let target = stream.uniform() * sums[sums.count - 1]
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return words[low]
    }
}

private enum EnglishWords {
    static let common = """
        the of a or and in to that is for an with by as on from be are it used having which not at one who any into \
        something being made person small person's act large of the water plant part body especially family time genus \
        someone usually plants people between tree against more other form state two group white long flowers action \
        property animal its under over without all found war you he his was her they this some have than up out but \
        about through so can has order place like very new when common often kind cause work old related several black \
        surface study red relating money leaves known use light make power line head system fish various set food parts \
        quality process cannot food's didn't it's they've
        """.split(separator: " ").map(String.init)

    private static let starts = [
        "re", "un", "in", "de", "con", "pro", "dis", "com", "over", "sub", "inter", "trans", "st", "tr", "br", "gr",
        "pl",
        "s", "m", "t", "l", "b", "c", "f", "p", "n",
    ]
    private static let middles = [
        "a", "e", "i", "o", "u", "ar", "er", "or", "an", "en", "in", "on", "al", "el", "il", "ea", "ou", "at", "et",
        "it",
        "ect", "ort", "ist", "and", "end", "ight", "ound", "ack", "ell",
    ]
    private static let ends = [
        "", "", "s", "ed", "ing", "er", "ly", "tion", "ment", "ness", "able", "ous", "ive", "al", "ic", "ity", "ize",
        "y",
    ]

    static func makeWord(_ stream: inout RandomStream) -> String {
        var word = starts[stream.integer(below: starts.count)]
        for _ in 0...stream.integer(below: 2) { word += middles[stream.integer(below: middles.count)] }
        word += ends[stream.integer(below: ends.count)]
        return stream.uniform() < 0.1 ? word.prefix(1).uppercased() + word.dropFirst() : word
    }
}

/// How words of a script look.
private struct Script {
    /// First and last scalar of its letters.
    var letters: ClosedRange<UInt32>
    /// Letters of a word.
    var lengths: ClosedRange<Int>
    /// Blanks stand between its words.
    var separates = true
    /// Different words.
    var words = 3000

    static let all = [
        Script(letters: 0x61...0x7A, lengths: 2...9), Script(letters: 0xDF...0xF6, lengths: 2...6),
        Script(letters: 0x3B1...0x3C9, lengths: 2...9), Script(letters: 0x430...0x44F, lengths: 2...10),
        Script(letters: 0x561...0x586, lengths: 3...9), Script(letters: 0x5D0...0x5EA, lengths: 2...6),
        Script(letters: 0x627...0x64A, lengths: 2...7), Script(letters: 0x905...0x94D, lengths: 2...6),
        Script(letters: 0xE01...0xE3A, lengths: 2...6, separates: false),
        Script(letters: 0x10D0...0x10F0, lengths: 3...9),
        Script(letters: 0x3042...0x3093, lengths: 1...4, separates: false),
        Script(letters: 0x4E00...0x62FF, lengths: 1...3, separates: false),
        Script(letters: 0xAC00...0xB3FF, lengths: 1...4),
        Script(letters: 0x1F600...0x1F64F, lengths: 1...2, words: 100),
    ]

    func makeWord(_ stream: inout RandomStream) -> String {
        var word = String.UnicodeScalarView()
        for _ in 0..<lengths.lowerBound + stream.integer(below: lengths.count) {
            // Some letters are more frequent than others.
            let share = stream.uniform() * stream.uniform()
            let value = letters.lowerBound + UInt32(share * Float(letters.count))
            word.append(Unicode.Scalar(min(value, letters.upperBound)) ?? " ")
        }
        return String(word)
    }
}
