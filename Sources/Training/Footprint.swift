import Autograd
import Batches
public import Models
public import Objectives
public import Runtime
import Tensors

/// What a batch takes of a rank's memory and trains, found by running its objective as training does on a tape that only
/// measures. Nothing else describes an objective's memory.
public struct Footprint: Sendable, Equatable {
    /// Bytes of values, of gradients of values and of scratch.
    public var arenaBytes: Int
    /// Bytes of what ranks gather of every sample.
    public var poolBytes: Int
    /// Parameter groups that get a gradient.
    public var groups: Set<String>
}

/// A batch as its memory is measured: samples as large as they may be.
public struct MeasuredBatch: Sendable {
    public let objective: any Objective
    /// Samples of the global batch, at most.
    public var globalCount: Int
    /// Samples of a rank's slice, at most.
    public var sliceCount: Int
    /// Tokens of a text; nil for as many as the objective takes.
    public var tokens: Int?
    public var trains: Bool

    public init(_ objective: any Objective, globalCount: Int, sliceCount: Int, tokens: Int? = nil, trains: Bool = true)
    {
        self.objective = objective
        self.globalCount = globalCount
        self.sliceCount = sliceCount
        self.tokens = tokens
        self.trains = trains
    }
}

extension Footprint {
    /// Bytes of samples that are made to measure with.
    private static let sampleBytes = 16 << 20

    /// - Parameters:
    ///   - batch: what is computed. - chunk: samples on one tape.
    ///   - model: its parameters placed by a store, which may be one without memory. - pool: its threads take scratch.
    public static func measure(
        _ batch: MeasuredBatch, chunk: Int, _ model: any Model, _ pool: WorkerPool
    ) throws -> Footprint {
        let most = max(2, sampleBytes / batch.objective.needs.sampleBytes)
        let (chunk, isWhole) = (min(chunk, batch.sliceCount), chunk >= batch.sliceCount)
        guard chunk > most else { return try measured(batch, chunk: chunk, isWhole: isWhole, model, pool) }
        // What a chunk takes grows by the sample: the last ones of a long chunk are like those before.
        let half = max(1, most / 2)
        let (small, large) = (
            try measured(batch, chunk: half, isWhole: isWhole, model, pool),
            try measured(batch, chunk: most, isWhole: isWhole, model, pool)
        )
        let growth = Double(large.arenaBytes - small.arenaBytes) / Double(most - half)
        var footprint = large
        footprint.arenaBytes = Int(clamping: Double(large.arenaBytes) + growth * Double(chunk - most))
        return footprint
    }

    private static func measured(
        _ batch: MeasuredBatch, chunk: Int, isWhole: Bool, _ model: any Model, _ pool: WorkerPool
    ) throws -> Footprint {
        let computation = BatchComputation(
            model: model, arena: Arena(measuring: ()), pool: pool, seed: 1, communication: nil)
        let objective = batch.objective
        _ = try computation.run(
            BatchComputation.Work(
                batch: batch.samples(chunk: chunk, isWhole: isWhole), objective: objective,
                scales: objective.terms.map { _ in 1 },
                gathers: [], training: batch.trains ? BatchComputation.Training { _ in } : nil
            ) { _, _ in })
        let widths = computation.gathered(objective)
        return Footprint(
            arenaBytes: computation.arena.highWater,
            poolBytes: PoolBuffers.byteCount(capacity: batch.globalCount, widths: widths),
            groups: computation.measuredGroups)
    }
}

extension MeasuredBatch {
    /// A whole chunk and, where it is not the whole slice, a sample of a second: losses over a pool then compute twice.
    fileprivate func samples(chunk: Int, isWhole: Bool) -> Batch {
        var chunks = [makeChunk(0..<chunk)]
        if !isWhole { chunks.append(makeChunk(chunk..<chunk + 1)) }
        return Batch(
            number: 0, entry: 0, globalCount: globalCount, slice: 0..<(isWhole ? chunk : sliceCount), chunks: chunks)
    }

    private func makeChunk(_ positions: Range<Int>) -> Chunk {
        let sample = prepared
        return Chunk(
            positions: positions, samples: Array(repeating: sample, count: positions.count), needs: objective.needs)
    }

    /// The largest of a few: what is masked and cut out is drawn.
    private var prepared: Sample {
        let sample = objective.needs.largestSample(tokens: tokens)
        return (0..<16).map { draw in
            var drawn = sample
            objective.prepare(&drawn, RandomKey(seed: 1, position: draw, purpose: .masking))
            return drawn
        }.max { $0.measuredRows < $1.measuredRows } ?? sample
    }
}

extension Sample {
    fileprivate var measuredRows: Int { tokens.count + target.count + masked.count + hiddenRegions.count }
}

extension Int {
    /// The nearest value that an `Int` can have.
    fileprivate init(clamping value: Double) { self = value < 0x1p62 ? Int(Swift.max(value, 0)) : 1 << 62 }
}
