import Batches
import Foundation
import Models
import Objectives
import Rehearsal
import Training

/// A golden of an objective as a run of one step.
struct GoldenObjective {
    static let names =
        [
            "masked_language_text", "masked_language_pairs", "masked_language_pairs_summed",
            "masked_language_pairs_baseline", "masked_language_pairs_hiding", "captioning", "captioning_baseline",
            "image_text_matching",
            "image_text_contrastive", "image_contrastive",
        ] + GoldenStream.names

    let run: RankedRun
    let loss: Double
    let terms: [String: Double]
    /// What the reference chose, by name.
    let choices: [String: [Int32]]
    let gradients: [String: [Double]]

    init(_ name: String, dropout: Float = 0) throws {
        let golden = try GoldenFile(name, suite: #filePath)
        let model = try Self.model(golden, dropout: dropout)
        let (objective, samples) =
            switch model {
            case .unimo(let config): try GoldenStream(golden: golden, config: config).parts()
            case .unimo2(let config): try Self.parts(golden, config)
            }
        var run = RankedRun(
            model: model, entries: [TrainedEntry(corpus: "golden", objective: objective)],
            steps: [[RankedRun.GlobalBatch(samples: samples)]])
        for name in golden.names("weight/") { run.weights[name] = try golden.floats("weight/\(name)") }
        self.run = run
        loss = try golden.doubles("loss")[0]
        terms = try Dictionary(
            uniqueKeysWithValues: golden.names("term/").map { ($0, try golden.doubles("term/\($0)")[0]) })
        choices = try Dictionary(
            uniqueKeysWithValues: golden.names("choice/").map { ($0, try golden.integers("choice/\($0)")) })
        gradients = try Dictionary(
            uniqueKeysWithValues: golden.names("gradient/").map { ($0, try golden.doubles("gradient/\($0)")) })
    }

    private static func model(_ golden: GoldenFile, dropout: Float) throws -> ModelConfig {
        // The reference has no dropout, and its config does not speak of it.
        let text = (golden.metadata["config"] ?? "").dropFirst()
        return try JSONDecoder().decode(ModelConfig.self, from: Data("{\"dropout\": \(dropout), \(text)".utf8))
    }

    private static func parts(_ golden: GoldenFile, _ config: UNIMO2Config) throws -> (any Objective, [Sample]) {
        let objective = objective(
            golden.metadata["objective"] ?? "", hasImages: golden.contains("batch/view0"), config)
        return (objective, try samples(golden, views: objective.needs.views.count, size: config.imageSize))
    }

    private static func objective(
        _ objective: String, hasImages: Bool, _ config: UNIMO2Config
    ) -> any Objective {
        let dictionary = DictionaryTerms(config)
        let (tokens, size) = (config.maxTokens, config.imageSize)
        return switch objective {
        case "masked_language":
            MaskedLanguage(
                vocabulary: config.vocabulary, maxTokens: tokens, image: hasImages ? (size, .none) : nil,
                dictionary: dictionary)
        case "captioning":
            Captioning(maxTokens: tokens, imageSize: size, augmentation: .none, dictionary: dictionary)
        case "image_text_matching":
            ImageTextMatching(
                maxTokens: tokens, imageSize: size, augmentation: .none, hasDictionary: dictionary != nil)
        case "image_text_contrastive":
            ImageTextContrastive(maxTokens: tokens, imageSize: size, augmentation: .none)
        default:
            ImageContrastive(imageSize: size, dictionary: dictionary)
        }
    }

    private static func samples(_ golden: GoldenFile, views: Int, size: Int) throws -> [Sample] {
        let images = try (0..<views).map { try golden.bytes("batch/view\($0)") }
        let bytes = 3 * size * size
        let tokens = golden.contains("batch/tokens") ? try golden.integers("batch/tokens") : []
        let offsets = golden.contains("batch/offsets") ? try golden.integers("batch/offsets") : []
        let masked = golden.contains("batch/labels") ? try golden.integers("batch/masked_rows") : []
        let labels = golden.contains("batch/labels") ? try golden.integers("batch/labels") : []
        let hides = golden.contains("batch/hidden_places")
        let hidden = hides ? try golden.integers("batch/hidden_sequences") : []
        let places = hides ? try golden.integers("batch/hidden_places") : []
        let count = views > 0 ? images[0].count / bytes : offsets.count - 1
        return (0..<count).map { b in
            var sample = Sample(key: "\(b)")
            sample.images = images.map { PixelImage(size: size, pixels: Array($0[b * bytes..<(b + 1) * bytes])) }
            guard !offsets.isEmpty else { return sample }
            for (sequence, place) in zip(hidden, places) where sequence == Int32(b) { sample.hiddenCodes.append(place) }
            let rows = offsets[b]..<offsets[b + 1]
            sample.tokens = Array(tokens[Int(rows.lowerBound)..<Int(rows.upperBound)])
            for (row, label) in zip(masked, labels) where rows.contains(row) {
                sample.masked.append(MaskedToken(row: row - rows.lowerBound, label: label))
            }
            return sample
        }
    }
}
