/// What the sampler needs to know about an entry of the mixture.
public struct SamplerEntry: Sendable {
    /// How samples become batches.
    public enum Batching: Sendable, Equatable {
        /// Global batches of this many samples.
        case samples(Int)
        /// Pools of `pool` samples, sorted by length and cut into `batches` batches of nearly equal sums of lengths.
        case lengths(pool: Int, batches: Int)
    }

    /// What happens when a corpus has been read so many times.
    public enum Ending: Sendable, Equatable {
        /// It begins again, for ever.
        case `repeat`
        /// It leaves the mixture after this many epochs; the other entries share its place by their weights.
        case finish(epochs: Int)
        /// The run ends after this many epochs of it.
        case stop(epochs: Int)

        var epochs: Int? {
            switch self {
            case .repeat: nil
            case .finish(let epochs), .stop(let epochs): epochs
            }
        }
    }

    /// How the samples are stored, which decides how they are shuffled.
    public struct Storage: Sendable, Equatable {
        /// Samples of each run that is read as a whole, in the corpus's order; empty when every sample is reached alone.
        public var frameSamples: [Int]
        /// Samples that are kept at hand to be mixed.
        public var window: Int

        public init(frameSamples: [Int], window: Int) {
            self.frameSamples = frameSamples
            self.window = window
        }

        /// Every sample is reached alone.
        public static let loose = Storage(frameSamples: [], window: 0)
    }

    /// A weight that holds from a batch number on.
    public struct WeightChange: Sendable, Equatable {
        public var batch: Int
        public var weight: Int

        public init(batch: Int, weight: Int) {
            self.batch = batch
            self.weight = weight
        }
    }

    public var name: String
    /// Samples in the corpus.
    public var count: Int
    /// Batches of this entry in proportion to the others', from batch numbers on; before the first one it is 0.
    public var weights: [WeightChange]
    public var batching: Batching
    public var ending: Ending
    public var storage: Storage
    /// Samples that stand next to each other in the corpus and come together, where it is shuffled as a whole.
    public var together = 1
    /// Length of a sample, for batching by lengths.
    public var length: @Sendable (_ index: Int) throws -> Int

    public init(
        name: String, count: Int, weights: [WeightChange], batching: Batching, ending: Ending = .repeat,
        storage: Storage = .loose, length: @escaping @Sendable (Int) throws -> Int = { _ in 1 }
    ) {
        self.name = name
        self.count = count
        self.weights = weights
        self.batching = batching
        self.ending = ending
        self.storage = storage
        self.length = length
    }

    /// An entry of one weight and one batch size.
    public init(name: String, count: Int, weight: Int, batchSize: Int) {
        self.init(
            name: name, count: count, weights: [WeightChange(batch: 0, weight: weight)], batching: .samples(batchSize))
    }

    /// The weight at a batch number.
    func weight(at batch: Int) -> Int { weights.last { $0.batch <= batch }?.weight ?? 0 }

    /// Samples that the stream hands out together: a batch or a pool.
    var unit: Int {
        switch batching {
        case .samples(let size): size
        case .lengths(let pool, _): pool
        }
    }

    /// - Throws: `SamplerError` for what can't be sampled.
    func check() throws {
        guard count > 0 else { throw SamplerError.emptyCorpus(entry: name) }
        for change in weights where change.weight < 0 || change.batch < 0 {
            throw SamplerError.weight(entry: name, found: change.weight)
        }
        guard weights.contains(where: { $0.weight > 0 }) else { throw SamplerError.weight(entry: name, found: 0) }
        guard unit > 0 else { throw SamplerError.batchSize(entry: name, found: unit) }
        if case .lengths(let pool, let batches) = batching, batches < 1 || batches > pool {
            throw SamplerError.pool(entry: name, pool: pool, batches: batches)
        }
        if together > 1, case .lengths = batching { throw SamplerError.together(entry: name) }
        if together > 1, !storage.frameSamples.isEmpty { throw SamplerError.together(entry: name) }
        if let epochs = ending.epochs, epochs < 1 { throw SamplerError.epochs(entry: name, found: epochs) }
    }
}

extension SamplerEntry {
    /// Corpora of at most this many bytes stay in memory whole and are shuffled as a whole.
    public static let smallCorpus = 128 << 20

    /// An entry over a corpus: it is shuffled as a whole when it is small, else by frames.
    /// - Parameter windowBytes: of samples that are mixed with each other, over all ranks.
    public init(
        name: String, corpus: any StoredCorpus, weights: [WeightChange], batching: Batching,
        ending: Ending = .repeat, windowBytes: Int, length: @escaping @Sendable (Int) throws -> Int = { _ in 1 }
    ) {
        let isSmall = corpus.rawBytes <= Self.smallCorpus
        let sampleBytes = max(1, corpus.rawBytes / max(1, corpus.count))
        self.init(
            name: name, count: corpus.count, weights: weights, batching: batching, ending: ending,
            storage: isSmall
                ? .loose : Storage(frameSamples: corpus.frameSamples, window: max(1, windowBytes / sampleBytes)),
            length: length)
    }
}
