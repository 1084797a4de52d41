import Batches
import Corpora
import Curation
import Runtime

/// Images of a corpus on their way through an encoder.
struct RegionSource {
    let corpus: any StoredCorpus
    let encoder: RegionEncoder
    private let reader: HeldOutReader
    private let needs: SampleNeeds

    init(_ corpus: any StoredCorpus, _ encoder: RegionEncoder) {
        self.corpus = corpus
        self.encoder = encoder
        needs = SampleNeeds(views: [.none], imageSize: encoder.imageSize)
        let sampling = SamplerEntry(name: corpus.name, count: corpus.count, weight: 1, batchSize: encoder.chunk)
        reader = HeldOutReader(entry: LoaderEntry(corpus: corpus, sampling: sampling, needs: needs), seed: 0) { _ in
            preconditionFailure("texts of images are not read")
        }
    }

    /// Features of the regions of some images.
    /// - Parameter limit: what no feature may exceed.
    /// - Returns: `(indices·cells², C)`.
    /// - Throws: what the corpus throws; `RegionError.outOfRange`.
    func features(of indices: [Int], within limit: Float = .greatestFiniteMagnitude) throws -> [Float] {
        let samples = try encoder.pool.map(indices.count) { place, _ in try reader.sample(indices[place]) }
        var images = ImageRows(size: encoder.imageSize)
        for sample in samples { images.append(sample.images[0]) }
        let features = try encoder.features(of: images)
        if let place = features.firstIndex(where: { !(abs($0) <= limit) }) {
            let sample = samples[place / (encoder.grid.count * encoder.width)]
            throw RegionError.outOfRange(key: sample.key, value: features[place], largest: limit)
        }
        return features
    }

    /// Regions to look for classes in: all of some images, one drawn from each stretch of the corpus.
    /// - Returns: `(n, C)`.
    func sample(
        regions: Int, seed: UInt64, progress: (_ done: Int, _ all: Int) throws -> Void
    ) throws -> [Float] {
        let count = min(corpus.count, (regions + encoder.grid.count - 1) / encoder.grid.count)
        let chosen = (0..<count).map { number in
            let stretch = corpus.count * number / count..<corpus.count * (number + 1) / count
            var random = RandomKey(seed: seed, position: number, pass: 1, purpose: .clusters).stream
            return stretch.lowerBound + random.integer(below: stretch.count)
        }
        var features: [Float] = []
        features.reserveCapacity(count * encoder.grid.count * encoder.width)
        for start in stride(from: 0, to: count, by: encoder.chunk) {
            let end = min(start + encoder.chunk, count)
            features += try self.features(of: Array(chosen[start..<end]))
            try progress(end, count)
        }
        return features
    }
}
