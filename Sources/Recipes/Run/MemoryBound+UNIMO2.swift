import Corpora
import Models

extension MemoryBound {
    static func need(
        _ entry: Recipe.MixtureEntry, _ config: UNIMO2Config, kind: CorpusKind, samples: Int
    ) -> Need {
        let views = entry.objective == .imageContrastive ? 2 : kind == .texts ? 0 : 1
        let isGrounded = [.maskedLanguage, .captioning, .imageTextMatching].contains(entry.objective)
        let chosen = config.dictionary.map { $0.chosen * samples } ?? 0
        let rowsPerImage = 1 + config.patches
        let imageRows = imageSamples(entry, samples, rowsPerImage: rowsPerImage) * views * rowsPerImage
        let textRows =
            entry.objective == .imageContrastive
            ? 0 : textRows(entry, samples: samples, maxTokens: config.maxTokens)
        let groundedRows = isGrounded ? imageRows + chosen + textRows : 0
        var bytes = imageRows * rowBytes(config.vision) + textRows * rowBytes(config.text)
        bytes += groundedRows * rowBytes(config.grounded)
        bytes += imageRows * 4 * 3 * config.patchSize * config.patchSize
        if entry.objective == .maskedLanguage || entry.objective == .captioning {
            bytes += min(textRows, 192) * config.vocabulary * 4
        }
        if let dictionary = config.dictionary { bytes += dictionaryBytes(dictionary, config, samples: samples) }
        bytes += max(imageRows, textRows, groundedRows) * scratchBytes([config.vision, config.text, config.grounded])
        return Need(
            rows: imageRows + textRows + groundedRows, activationBytes: bytes,
            poolBytes: poolBytes(entry, config, views: views, isGrounded: isGrounded))
    }

    private static func poolBytes(
        _ entry: Recipe.MixtureEntry, _ config: UNIMO2Config, views: Int, isGrounded: Bool
    ) -> Int {
        let batch = batchSamples(entry)
        if entry.objective == .imageTextMatching { return 8 * batch * (1 + config.maxTokens + 2 * config.vision.width) }
        guard !isGrounded else { return 0 }
        let width = max(config.vision.width, config.projection)
        return 16 * batch * width + 3 * 4 * (views * batch) * (views * batch)
    }

    /// Scores of every input against every code for the samples that workers have in hand, and the codes chosen.
    private static func dictionaryBytes(_ dictionary: DictionaryConfig, _ config: UNIMO2Config, samples: Int) -> Int {
        let longest = max(config.patches, config.maxTokens)
        let workers = 8
        return 4
            * (workers * (longest + 2) * (dictionary.codes + 6 * dictionary.chosen + config.text.width)
                + 2 * samples * dictionary.chosen * config.text.width)
    }
}
