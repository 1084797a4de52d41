import Corpora
import Telemetry

extension RewriteList.Rewrite {
    var json: JSONValue {
        [
            "text": .string(text), "level": .string(level.rawValue), "kind": kind.map { .string($0.rawValue) } ?? .null,
            "replaced": replaced.map { .string($0) } ?? .null, "replacement": replacement.map { .string($0) } ?? .null,
        ]
    }

    /// `object: A dog on a mat (cat → dog)`
    var line: String {
        let change = replaced.map { " (\($0) → \(replacement ?? ""))" } ?? ""
        return "\(kind?.rawValue.replacing("_", with: " + ") ?? level.rawValue): \(text)\(change)"
    }
}

extension RewriteList {
    var json: JSONValue {
        ["paraphrases": .array(paraphrases.map { .string($0) }), "rewritten": .array(rewritten.map(\.json))]
    }

    var lines: [String] { paraphrases.map { "paraphrase: \($0)" } + rewritten.map(\.line) }
}

extension NeighbourList.Neighbour {
    var json: JSONValue {
        ["sample": .integer(sample), "key": .string(key), "score": .number(Double(score))]
    }
}

extension NeighbourList {
    var json: JSONValue {
        ["images": .array(images.map(\.json)), "texts": .array(texts.map(\.json))]
    }

    var lines: [String] {
        [("image", images), ("text", texts)].flatMap { name, neighbours in
            neighbours.map { "\(name) \($0.key) (#\($0.sample)), cosine \(($0.score * 1e4).rounded() / 1e4)" }
        }
    }
}
