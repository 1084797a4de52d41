import Batches
import Models
import Objectives
import Rehearsal

/// Objective and samples of a golden of UNIMO.
struct GoldenStream {
    static let names = [
        "unimo_masked_language_text", "unimo_masked_language_pairs", "unimo_sequence_to_sequence_text",
        "unimo_sequence_to_sequence_pairs", "unimo_masked_region_image", "unimo_masked_region_pairs",
        "unimo_masked_region_pairs_classless", "unimo_cross_modal_contrastive", "unimo_cross_modal_contrastive_alone",
    ]

    let golden: GoldenFile
    let config: UNIMOConfig

    func parts() throws -> (any Objective, [Sample]) { (objective, try samples()) }

    private var needs: RegionNeeds {
        RegionNeeds(count: config.maxRegions, width: config.regionWidth, classCount: config.regionClasses)
    }

    private var objective: any Objective {
        let regions = golden.contains("regions/features") ? needs : nil
        let tokens = config.maxTokens
        return switch golden.metadata["objective"] {
        case "masked_language":
            UNIMO.MaskedLanguage(vocabulary: config.vocabulary, maxTokens: tokens, regions: regions)
        case "sequence_to_sequence": UNIMO.SequenceToSequence(maxTokens: tokens, regions: regions)
        case "masked_region":
            UNIMO.MaskedRegion(regions: needs, maxTokens: golden.contains("text/tokens") ? tokens : nil)
        default: UNIMO.CrossModalContrast(maxTokens: tokens, regions: needs)
        }
    }

    private func samples() throws -> [Sample] {
        let texts = try texts("text")
        let targets = try self.texts("target")
        let regions = try regions("regions")
        var samples = (0..<max(texts.count, regions.count)).map { Sample(key: "\($0)") }
        for index in samples.indices {
            if !texts.isEmpty {
                samples[index].tokens = texts[index].tokens
                samples[index].masked = texts[index].masked
            }
            if !targets.isEmpty { samples[index].target = targets[index].tokens }
            if !regions.isEmpty { samples[index].regions = regions[index] }
        }
        if golden.contains("regions/hidden") {
            let hidden = try golden.integers("regions/hidden")
            for place in stride(from: 0, to: hidden.count, by: 2) {
                samples[Int(hidden[place])].hiddenRegions.append(hidden[place + 1])
            }
        }
        try addRelated(to: &samples)
        return samples
    }

    private func addRelated(to samples: inout [Sample]) throws {
        guard golden.contains("related/roles") else { return }
        var (texts, regions) = (try texts("related_text"), try regions("related_regions"))
        let roles: [RelatedSample.Role] = [.paraphrase, .rewritten, .image, .text]
        for (role, owner) in zip(try golden.integers("related/roles"), try golden.integers("related/owners")) {
            var related = Sample(key: "related")
            if roles[Int(role)] == .image {
                related.regions = regions.removeFirst()
            } else {
                related.tokens = texts.removeFirst().tokens
            }
            samples[Int(owner)].related.append(RelatedSample(roles[Int(role)], related))
        }
    }

    private func texts(_ prefix: String) throws -> [(tokens: [Int32], masked: [MaskedToken])] {
        guard golden.contains("\(prefix)/tokens") else { return [] }
        let tokens = try golden.integers("\(prefix)/tokens")
        let offsets = try golden.integers("\(prefix)/offsets")
        let isMasked = golden.contains("\(prefix)/labels")
        let rows = isMasked ? try golden.integers("\(prefix)/masked_rows") : []
        let labels = isMasked ? try golden.integers("\(prefix)/labels") : []
        return zip(offsets, offsets.dropFirst()).map { start, end in
            let masked = zip(rows, labels).filter { (start..<end).contains($0.0) }
            return (
                Array(tokens[Int(start)..<Int(end)]), masked.map { MaskedToken(row: $0.0 - start, label: $0.1) }
            )
        }
    }

    private func regions(_ prefix: String) throws -> [RegionFeatures] {
        guard golden.contains("\(prefix)/features") else { return [] }
        let features = try golden.floats("\(prefix)/features")
        let boxes = try golden.floats("\(prefix)/boxes")
        let classes = try golden.floats("\(prefix)/classes")
        var start = 0
        return try golden.integers("\(prefix)/counts").map(Int.init).map { count in
            defer { start += count }
            func rows(_ values: [Float], _ width: Int) -> [Float] {
                Array(values[start * width..<(start + count) * width])
            }
            return RegionFeatures(
                width: config.regionWidth, classCount: config.regionClasses,
                features: rows(features, config.regionWidth), boxes: rows(boxes, 4),
                classes: rows(classes, config.regionClasses))
        }
    }
}
