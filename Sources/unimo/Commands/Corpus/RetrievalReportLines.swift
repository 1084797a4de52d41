import Corpora
import Curation
import Recipes
import Telemetry

extension RetrievalJob.Notice {
    /// For people, on standard error; nil where there is nothing to say.
    var line: String? {
        switch self {
        case .start(let start): start.line
        case .memory(let images, let texts, let ranks):
            "memory of \(ranks == 1 ? "the rank" : "each of \(ranks) ranks"): "
                + [(images, "images"), (texts, "texts")].filter { $0.0 > 0 }
                .map { "about \(Quantity.approximate($0)) for \($1)" }.joined(separator: ", ")
        }
    }
}

extension RetrievalReport {
    func json(directory: String) -> JSONValue {
        let rows = examples.map { example -> JSONValue in
            [
                "key": .string(example.key), "image": example.image?.json ?? .null, "text": example.text?.json ?? .null,
            ]
        }
        return [
            "directory": .string(directory), "samples": .integer(samples), "fingerprint": .string(fingerprint),
            "seconds": ["reading": .number(readingSeconds), "comparing": .number(comparingSeconds)],
            "images": images?.json ?? .null, "texts": texts?.json ?? .null, "examples": .array(rows),
        ]
    }

    func lines(directory: String) -> [String] {
        let seconds =
            "collections read in \(WorkProgress.duration(readingSeconds)), "
            + "compared in \(WorkProgress.duration(comparingSeconds))"
        return ["\(directory): \(Quantity.count(samples, "pair")); \(seconds)"]
            + [images?.line("image"), texts?.line("text")].compactMap { $0 }
            + examples.map { example in
                "  \(example.key): "
                    + [("image", example.image), ("text", example.text)].compactMap { name, neighbour in
                        neighbour.map { "\(name) \($0.key), cosine \(rounded(Double($0.score)))" }
                    }.joined(separator: "; ")
            }
    }
}

extension NeighbourTally.Part {
    fileprivate var json: JSONValue {
        [
            "neighbours": .integer(neighbours), "pairs_without": .integer(without),
            "mean_first": meanFirst.map { .number($0) } ?? .null, "mean_last": meanLast.map { .number($0) } ?? .null,
        ]
    }

    fileprivate func line(_ noun: String) -> String {
        guard let meanFirst, let meanLast else { return "  no similar \(noun)s" }
        let cosines = "mean cosine \(rounded(meanFirst)) of the first, \(rounded(meanLast)) of the last"
        let rest = "\(Quantity.count(without, "pair")) without"
        return "  \(Quantity.count(neighbours, "similar \(noun)")), \(cosines); \(rest)"
    }
}

private func rounded(_ number: Double) -> Double { (number * 1e4).rounded() / 1e4 }
