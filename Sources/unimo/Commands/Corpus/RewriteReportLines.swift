import Corpora
import Curation
import Recipes
import Telemetry

extension DerivedCorpusJob.Start {
    /// For people, on standard error; nil where there is nothing to say.
    var line: String? {
        switch self {
        case .afresh: nil
        case .after(let samples):
            "going on after \(Quantity.count(samples, "sample")) that an earlier attempt has finished"
        case .finished: "an earlier attempt had made everything; the corpus is given its name"
        }
    }
}

extension RewriteJob.Notice {
    /// For people, on standard error; nil where there is nothing to say.
    var line: String? {
        switch self {
        case .start(let start): start.line
        case .surveyed(let survey):
            "\(Quantity.count(survey.captions, "different caption")); to replace by: "
                + survey.rows.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        }
    }
}

extension RewriteReport.Survey {
    /// Wordings of each kind.
    fileprivate var rows: [(name: String, count: Int)] {
        RewriteList.Kind.allCases.map { ($0.rawValue, vocabulary[$0] ?? 0) }
    }
}

extension RewriteReport {
    func json(directory: String) -> JSONValue {
        let examples = tally.examples.map { example -> JSONValue in
            ["key": .string(example.key), "rewrite": example.rewrite.json]
        }
        return [
            "directory": .string(directory), "samples": .integer(samples), "fingerprint": .string(fingerprint),
            "captions": survey.map { .integer($0.captions) } ?? .null,
            "vocabulary": survey.map { .object($0.rows.map { ($0.name, .integer($0.count)) }) } ?? .null,
            "levels": .object(levels.map { ($0.name, .integer($0.count)) }),
            "kinds": .object(kinds.map { ($0.name, .integer($0.count)) }),
            "paraphrases": .integer(tally.paraphrases), "without_words_and_phrases": .integer(tally.withoutParts),
            "nothing_rewritten": .integer(tally.empty), "examples": .array(examples),
        ]
    }

    private var levels: [(name: String, count: Int)] {
        RewriteList.Level.allCases.map { ($0.rawValue, tally.levels[$0] ?? 0) }
    }

    private var kinds: [(name: String, count: Int)] {
        RewriteList.Kind.allCases.map { ($0.rawValue, tally.kinds[$0] ?? 0) }
    }

    func lines(directory: String) -> [String] {
        func list(_ rows: [(name: String, count: Int)]) -> String {
            rows.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        }
        var lines = [
            "\(directory): \(Quantity.count(samples, "pair")), \(Quantity.count(tally.paraphrases, "paraphrase")), "
                + "rewritten: \(list(levels))",
            "  replaced: \(list(kinds))",
        ]
        if tally.withoutParts > 0 {
            let keys = tally.withoutPartsKeys.joined(separator: ", ")
            lines.append("  \(Quantity.count(tally.withoutParts, "pair")) without a word or phrase replaced: \(keys)")
        }
        if tally.empty > 0 { lines.append("  \(Quantity.count(tally.empty, "pair")) with nothing rewritten") }
        return lines + tally.examples.map { "  \($0.key): \($0.rewrite.line)" }
    }
}
