/// What a corpus of captions says, by the form that a replacement has to keep: wordings with their frequencies.
struct RewriteVocabulary: Sendable {
    /// Wordings of one form, in alphabetical order, and the running sum of their counts.
    struct Wordings: Sendable {
        var texts: [String] = []
        var sums: [Int] = []

        var total: Int { sums.last ?? 0 }

        /// The wording in which the `number`-th occurrence lies, counted over all.
        func text(at number: Int) -> String {
            var range = 0..<sums.count
            while range.count > 1 {
                let middle = range.lowerBound + range.count / 2
                range = sums[middle - 1] <= number ? middle..<range.upperBound : range.lowerBound..<middle
            }
            return texts[range.lowerBound]
        }
    }

    /// Counted before they are laid out.
    typealias Counts = [CaptionPart.Form: [String: Int]]

    private let wordings: [CaptionPart.Form: Wordings]

    /// - Parameter fewest: occurrences below which a wording is left out: slips of the pen and of the parser.
    init(_ counts: Counts, fewest: Int = 2) {
        wordings = counts.mapValues { counts in
            var laid = Wordings()
            for (text, count) in counts.sorted(by: { $0.key < $1.key }) where count >= fewest {
                laid.texts.append(text)
                laid.sums.append(laid.total + count)
            }
            return laid
        }
    }

    subscript(form: CaptionPart.Form) -> Wordings { wordings[form] ?? Wordings() }

    /// Different wordings of each kind.
    var sizes: [CaptionPart.Kind: Int] {
        wordings.reduce(into: [:]) { $0[$1.key.kind, default: 0] += $1.value.texts.count }
    }

    static func count(_ parts: [CaptionPart], into counts: inout Counts) {
        for part in Set(parts) { counts[part.form, default: [:]][part.text, default: 0] += 1 }
    }

    /// What several threads have counted.
    static func sum(_ counts: [Counts]) -> Counts {
        counts.dropFirst().reduce(into: counts.first ?? [:]) { sum, counts in
            for (form, texts) in counts { sum[form, default: [:]].merge(texts, uniquingKeysWith: +) }
        }
    }
}
