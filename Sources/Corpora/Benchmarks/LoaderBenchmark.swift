public import Batches
import Runtime

/// How fast a corpus becomes batches.
public struct LoaderBenchmark {
    public struct Settings: Sendable {
        /// Side of the images in pixels.
        public var size: Int
        public var workers: Int
        /// Images in a batch.
        public var batchSize: Int
        public var augmentation: Augmentation
        /// The median over this many timed stretches counts.
        public var rounds: Int
        /// Seconds that a stretch lasts at least.
        public var seconds: Double

        public init(
            size: Int, workers: Int = 1, batchSize: Int = 32, augmentation: Augmentation = .none, rounds: Int = 3,
            seconds: Double = 2
        ) {
            precondition(size > 0 && workers > 0 && batchSize > 0 && rounds > 0, "images, threads and rounds are ≥ 1")
            self.size = size
            self.workers = workers
            self.batchSize = batchSize
            self.augmentation = augmentation
            self.rounds = rounds
            self.seconds = seconds
        }
    }

    public struct Result: Sendable {
        /// Images per second, the median of the rounds.
        public var imagesPerSecond: Double
        /// Images that were timed.
        public var images: Int
        /// Samples that could not be used, of those images.
        public var skipped: Int
    }

    /// Times the loader after one batch of warming up.
    /// - Parameter consume: what is done with every chunk, on the calling thread, and counted in.
    /// - Throws: what the loader throws.
    public static func run(
        _ corpus: any StoredCorpus, _ settings: Settings, consume: (Chunk) -> Void
    ) throws -> Result {
        let needs = SampleNeeds(maxTokens: nil, views: [settings.augmentation], imageSize: settings.size)
        let sampling = SamplerEntry(
            name: corpus.name, corpus: corpus, weights: [.init(batch: 0, weight: 1)],
            batching: .samples(settings.batchSize), windowBytes: 32 << 20)
        let entry = LoaderEntry(corpus: corpus, sampling: sampling, needs: needs)
        let loader = try BatchLoader(
            entries: [entry],
            settings: LoaderSettings(seed: 1, workers: settings.workers, badSampleBudget: corpus.count),
            tokenize: { _ in ([], []) })
        defer { loader.stop() }
        func take() throws -> Batch {
            let batch = try loader.next()
            batch.chunks.forEach(consume)
            return batch
        }
        // The first batches were decoded while nobody counted: as many as are decoded ahead.
        for _ in 0...loader.settings.prefetch { _ = try take() }
        var result = Result(imagesPerSecond: 0, images: 0, skipped: 0)
        var speeds: [Double] = []
        for _ in 0..<settings.rounds {
            let start = Clock.seconds
            var count = 0
            while Clock.seconds - start < settings.seconds {
                let batch = try take()
                count += batch.slice.count
                result.skipped += batch.skipped.count
            }
            speeds.append(Double(count) / (Clock.seconds - start))
            result.images += count
        }
        result.imagesPerSecond = speeds.sorted()[speeds.count / 2]
        return result
    }
}
