import Autograd
import Batches
import Corpora
import Evaluation
import Models
import Tensors

/// How well classes of texts are read off a model.
public struct ProbeOutcome: Sendable {
    /// Texts the probe was fitted to, and others that it was asked of.
    public let trained: Int
    public let tested: Int
    public let classes: Int
    public let accuracy: Double
    /// The share of the asked texts that the most frequent class of the fitted ones has: what knowing nothing gets.
    public let majority: Double
}

extension EvaluatedModel {
    /// Fits a linear classifier to the texts of a corpus as the model encodes them alone (the mean of a text's last-layer rows)
    /// and asks it of a fifth of them, chosen by the hash of their keys.
    /// - Parameters:
    ///   - member: of the samples, that says a text's class. - limit: of samples; nil for all.
    ///   - progress: samples done, samples in all.
    public func probe(
        corpus name: String, member: String, limit: Int? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> ProbeOutcome {
        let found = try corpus(name)
        guard found.hasTexts else {
            throw RecipeContradiction(
                "\(name) holds \(found.corpus.kind.rawValue); probe needs texts, or images with captions")
        }
        let fifth = HoldOut(numerator: 1, denominator: 5, part: .train)
        var (fitted, asked) = (ProbeRows(), ProbeRows())
        var index = 0
        try forEachChunk(
            of: reader(of: found.corpus, needs: needs(images: false, texts: true)), limit: limit, footprint: encoding,
            progress: progress
        ) { chunk in
            guard let encoded = try workspace.run({ model.encodeAlone(chunk, $0) }).texts else { return }
            for (place, key) in chunk.keys.enumerated() {
                let label = try Self.label(of: try found.corpus.read(index), member: member, in: name)
                let row = Self.mean(encoded, place)
                if fifth.keeps(key) { fitted.add(row, label) } else { asked.add(row, label) }
                index += 1
            }
        }
        return try outcome(fitted, asked, name: name, member: member)
    }

    private func outcome(
        _ fitted: ProbeRows, _ asked: ProbeRows, name: String, member: String
    ) throws -> ProbeOutcome {
        let names = Set(fitted.labels).sorted()
        guard names.count > 1, !asked.labels.isEmpty else {
            throw RecipeContradiction(
                "\(name): expected several classes in `\(member)` and some samples to ask of, found \(names.count) and "
                    + "\(asked.labels.count); name another member or a larger corpus")
        }
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        let probe = try LinearProbe(
            fitted.rows, labels: fitted.labels.compactMap { numbers[$0] }, classes: names.count, pool: pool)
        let predicted = try probe.predictions(asked.rows, pool: pool)
        let hits = zip(predicted, asked.labels).count { names[$0] == $1 }
        let counts = fitted.labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        let tested = asked.labels.count
        return ProbeOutcome(
            trained: fitted.labels.count, tested: tested, classes: names.count, accuracy: Double(hits) / Double(tested),
            majority: Double(asked.labels.count { $0 == most }) / Double(tested))
    }

    private static func label(of sample: StoredSample, member: String, in name: String) throws -> String {
        guard let found = sample.member([member]), let text = String(validating: found.bytes, as: UTF8.self) else {
            throw RecipeContradiction(
                "\(name): expected a member `\(member)` that says the class of \(sample.key), found "
                    + "\(sample.members.map(\.name).joined(separator: ", ")); pack it along (`corpus pack --members \(member)`)"
            )
        }
        return text
    }

    /// The mean of a text's rows, `(C)`.
    private static func mean(_ encoded: EncodedAlone, _ text: Int) -> [Float] {
        let rows = encoded.rows.value
        let range = Int(encoded.offsets[text])..<Int(encoded.offsets[text + 1])
        var mean = [Float](repeating: 0, count: rows.columns)
        for row in range {
            for column in mean.indices { mean[column] += rows.floats[row * rows.columns + column] }
        }
        return mean.map { $0 / Float(range.count) }
    }
}

/// Texts as rows with their classes.
private struct ProbeRows {
    /// `(n, C)`.
    var rows: [Float] = []
    var labels: [String] = []

    mutating func add(_ row: [Float], _ label: String) {
        rows += row
        labels.append(label)
    }
}
