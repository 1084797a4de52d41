public import Batches
import Runtime

/// Decodes a rank's part of every batch ahead of the step, on threads of its own, and delivers batches in order.
///
/// What it delivers is a function of (seed, entries, rank, ranks, batch number): threads and prefetch change only how
/// long `next()` waits.
public final class BatchLoader: BatchSource {
    public let sampler: MixedSampler
    public let settings: LoaderSettings
    /// Seconds that `next()` has waited for batches, in all.
    public private(set) var waitedSeconds: Double = 0
    private let queue: LoaderQueue
    private var threads: [Thread] = []
    private var failure: (any Error)?
    private var budget: SkipBudget

    /// Starts the threads.
    /// - Parameter tokenize: for entries that need text.
    /// - Throws: `SamplerError` when the mixture can't be sampled.
    public init(entries: [LoaderEntry], settings: LoaderSettings, tokenize: @escaping Tokenize) throws {
        let sampler = try MixedSampler(seed: settings.seed, entries: entries.map(\.sampling))
        self.sampler = sampler
        self.settings = settings
        budget = SkipBudget(
            limits: settings.badSampleBudgets, standard: settings.badSampleBudget, spent: settings.badSamplesBefore)
        let decoder = SliceDecoder(seed: settings.seed, entries: entries, tokenize: tokenize)
        let queue = LoaderQueue(sampler: sampler, decoder: decoder, settings: settings)
        self.queue = queue
        threads = (0..<settings.workers).map { worker in
            Thread(name: "loader-\(worker)") { queue.work() }
        }
    }

    deinit { stop() }

    /// May be called for batches below `sampler.batches` only.
    /// - Throws: typed errors of the corpus (a damaged shard), or `LoaderError` when too many samples are unusable; once
    ///   it has thrown it throws the same error again.
    public func next() throws -> Batch {
        if let failure { throw failure }
        let start = Clock.seconds
        let result = queue.next()
        waitedSeconds += Clock.seconds - start
        do {
            let batch = try result.get()
            try budget.count(batch.skipped)
            return batch
        } catch {
            failure = error
            throw error
        }
    }

    /// The unusable samples in the batches delivered so far, and those before, by corpus.
    public var badSamples: [String: UnusableSamples] { budget.spent }

    /// Ends the threads, each after the sample it is at. `next()` may not be called afterwards.
    public func stop() {
        queue.stop()
        for thread in threads { thread.join() }
        threads = []
    }
}
