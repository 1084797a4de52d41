import Batches
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
        let generates = entry.objective == .sequenceToSequence || entry.objective == .captioning
        let targetRows = generates ? textRows : 0
        // What a pair is compared with takes rows of its own, and its image again with every text that is encoded beside it.
        let related = entry.candidates?.counts ?? RelatedNeeds()
        let relatedImages = samples * (related.joint + related.images)
        let relatedTexts = samples * (related.joint + related.texts) * config.maxTokens
        let rows = (images + relatedImages) * rowsPerImage + textRows + targetRows + relatedTexts
        var bytes = rows * (rowBytes(config.transformer) + scratchBytes([config.transformer]))
        bytes += (images + samples * related.images) * rowsPerImage * 4 * 2 * config.regionWidth
        if entry.objective == .maskedLanguage || generates {
            bytes += min(textRows + targetRows, 192) * config.vocabulary * 4
        }
        if entry.objective == .maskedRegion {
            bytes += images * rowsPerImage * 4 * 3 * (config.regionWidth + config.regionClasses)
        }
        return Need(rows: rows, activationBytes: bytes, poolBytes: 0)
    }
}
