import Corpora
import Curation
import Runtime

/// Makes samples of regions, a range of a corpus at a time.
struct RegionMaker {
    let source: RegionSource
    /// Nil for regions without classes.
    let classes: RegionClasses?
    let options: RegionOptions

    /// Samples of a range, each with the key of its image. Images are encoded in the same chunks whatever the ranges are.
    func samples(_ range: Range<Int>) throws -> [StoredSample] {
        let chunk = source.encoder.chunk
        return try (range.lowerBound / chunk..<(range.upperBound + chunk - 1) / chunk).flatMap { number in
            try samples(of: number * chunk..<min((number + 1) * chunk, source.corpus.count), within: range)
        }
    }

    private func samples(of chunk: Range<Int>, within range: Range<Int>) throws -> [StoredSample] {
        let limit = options.halvesFeatures ? Float(Float16.greatestFiniteMagnitude) : Float.greatestFiniteMagnitude
        let features = try source.features(of: Array(chunk), within: limit)
        let distributions = try classes?.distributions(of: features, pool: source.encoder.pool)
        let wanted = chunk.clamped(to: range)
        return try source.encoder.pool.map(wanted.count) { place, _ in
            let index = wanted.lowerBound + place
            let stored = try source.corpus.read(index)
            let regions = regions(index - chunk.lowerBound, features, distributions)
            return StoredSample(key: stored.key, members: regions.members + kept(stored))
        }
    }

    /// The regions of the image at `place` of a chunk.
    private func regions(_ place: Int, _ features: [Float], _ distributions: [Float]?) -> RegionSet {
        let (grid, C) = (source.encoder.grid, source.encoder.width)
        func rows(_ table: [Float], _ width: Int) -> NumpyArray {
            let first = place * grid.count * width
            return NumpyArray(
                Array(table[first..<first + grid.count * width]), shape: [grid.count, width],
                halved: options.halvesFeatures)
        }
        var regions = RegionSet(
            width: 1, height: 1, features: rows(features, C),
            boxes: NumpyArray(grid.boxes, shape: [grid.count, 4]))
        regions.classes = classes.flatMap { classes in distributions.map { rows($0, classes.count) } }
        return regions
    }

    /// What of the image's sample goes along.
    private func kept(_ stored: StoredSample) -> [StoredSample.Member] {
        let texts = stored.members.filter {
            StoredSample.textNames.contains($0.name) || $0.name == CaptionList.memberName
        }
        return options.keepsImages ? texts + [stored.image].compactMap { $0 } : texts
    }
}
