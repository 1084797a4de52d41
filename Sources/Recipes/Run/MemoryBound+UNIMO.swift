import Corpora
import Models

extension MemoryBound {
    static func need(
        _ entry: Recipe.MixtureEntry, _ config: UNIMOConfig, kind: CorpusKind, samples: Int
    ) -> Need {
        let rowsPerImage = 1 + config.maxRegions
        let images = kind == .texts ? 0 : imageSamples(entry, samples, rowsPerImage: rowsPerImage)
        let textRows = kind == .images ? 0 : textRows(entry, samples: samples, maxTokens: config.maxTokens)
        // Fragments that are cut out have ends of their own.
        let targetRows = entry.objective == .sequenceToSequence ? textRows : 0
        let rows = images * rowsPerImage + textRows + targetRows
        var bytes = rows * (rowBytes(config.transformer) + scratchBytes([config.transformer]))
        bytes += images * rowsPerImage * 4 * 2 * config.regionWidth
        if entry.objective == .maskedLanguage || entry.objective == .sequenceToSequence {
            bytes += min(textRows + targetRows, 192) * config.vocabulary * 4
        }
        if entry.objective == .maskedRegion {
            bytes += images * rowsPerImage * 4 * 3 * (config.regionWidth + config.regionClasses)
        }
        return Need(rows: rows, activationBytes: bytes, poolBytes: 0)
    }
}
