import Glibc

/// How close captions come to references: exact matches, BLEU-4 (Papineni et al. 2002) over the corpus with one smoothing
/// rule less (none), and CIDEr-D (Vedantam et al. 2015).
public struct CaptionScores: Sendable, Equatable {
    public let samples: Int
    /// Share of captions equal to a reference, words compared.
    public let exact: Double
    /// 0 … 1.
    public let bleu4: Double
    /// 0 … 10.
    public let cider: Double

    /// - Parameters: captions one per image, references one or more per image.
    public init(captions: [String], references: [[String]]) {
        precondition(captions.count == references.count, "\(captions.count) captions, \(references.count) references")
        let candidates = captions.map(Self.words)
        let targets = references.map { $0.map(Self.words) }
        samples = captions.count
        let hits = zip(candidates, targets).count { $1.contains($0) }
        exact = Double(hits) / Double(max(samples, 1))
        bleu4 = Self.bleu(candidates, targets)
        cider = Self.cider(candidates, targets)
    }

    /// Lower-cased runs of letters and digits.
    static func words(_ text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }

    private static func counts(_ words: [String], _ n: Int) -> [ArraySlice<String>: Int] {
        guard words.count >= n else { return [:] }
        return (0...words.count - n).reduce(into: [:]) { $0[words[$1..<$1 + n], default: 0] += 1 }
    }

    /// Geometric mean of clipped precisions of 1 to 4 words times the brevity penalty, counted over all captions.
    static func bleu(_ candidates: [[String]], _ references: [[[String]]]) -> Double {
        var (hits, totals) = ([Int](repeating: 0, count: 4), [Int](repeating: 0, count: 4))
        var (length, closest) = (0, 0)
        for (candidate, targets) in zip(candidates, references) {
            length += candidate.count
            // The reference nearest in length, the shorter of two.
            closest +=
                targets.map(\.count).min { (abs($0 - candidate.count), $0) < (abs($1 - candidate.count), $1) } ?? 0
            for n in 1...4 {
                var most: [ArraySlice<String>: Int] = [:]
                for target in targets { most.merge(counts(target, n)) { max($0, $1) } }
                for (gram, count) in counts(candidate, n) { hits[n - 1] += min(count, most[gram] ?? 0) }
                totals[n - 1] += max(candidate.count - n + 1, 0)
            }
        }
        guard !hits.contains(0) else { return 0 }
        let precision = zip(hits, totals).reduce(0) { $0 + log(Double($1.0) / Double($1.1)) } / 4
        let brevity = length >= closest ? 0 : 1 - Double(closest) / Double(length)
        return exp(precision + brevity)
    }

    /// Mean over 1 to 4 words of the cosine of TF-IDF vectors, clipped and damped by length (σ = 6), times 10.
    static func cider(_ candidates: [[String]], _ references: [[[String]]]) -> Double {
        guard !candidates.isEmpty else { return 0 }
        var total = 0.0
        for n in 1...4 {
            var documents: [ArraySlice<String>: Double] = [:]
            for targets in references {
                for gram in Set(targets.flatMap { counts($0, n).keys }) { documents[gram, default: 0] += 1 }
            }
            let images = log(Double(references.count))
            func vector(_ words: [String]) -> [ArraySlice<String>: Double] {
                counts(words, n).reduce(into: [:]) {
                    $0[$1.key] = Double($1.value) * (images - log(max(documents[$1.key] ?? 0, 1)))
                }
            }
            for (candidate, targets) in zip(candidates, references) {
                let own = vector(candidate)
                let scores = targets.map { similarity(own, vector($0), lengths: candidate.count - $0.count) }
                total += scores.reduce(0, +) / Double(max(scores.count, 1)) / 4
            }
        }
        return 10 * total / Double(candidates.count)
    }

    private static func similarity(
        _ a: [ArraySlice<String>: Double], _ b: [ArraySlice<String>: Double], lengths difference: Int
    ) -> Double {
        func norm(_ x: [ArraySlice<String>: Double]) -> Double { x.values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let product = a.reduce(0) { $0 + min($1.value, b[$1.key] ?? 0) * (b[$1.key] ?? 0) }
        let scale = norm(a) * norm(b)
        guard scale > 0 else { return 0 }
        return product / scale * exp(-Double(difference * difference) / 72)
    }
}
