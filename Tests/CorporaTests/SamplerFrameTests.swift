import Runtime
import Testing

@testable import Corpora

@Suite("Shuffling by frames") struct SamplerFrameTests {
    @Test("staggered runs deal out every place once, and a lane's places rise by one within a run")
    func runsAreBijections() {
        for (lanes, length, batches) in [
            (1, 1, 1), (4, 3, 10), (7, 5, 23), (8, 64, 9), (13, 1, 6), (5, 20, 20), (64, 7, 50),
        ] {
            let runs = StaggeredRuns(batchSize: lanes, length: length)
            var places: [Int] = []
            var jumps = 0
            for lane in 0..<lanes {
                let own = (0..<batches).map { runs.place(batch: $0, lane: lane, batches: batches) }
                jumps += zip(own, own.dropFirst()).count { $1 != $0 + 1 }
                places += own
            }
            #expect(
                places.sorted() == Array(0..<lanes * batches), "\(lanes) lanes, runs of \(length), \(batches) batches")
            #expect(jumps <= lanes * (batches / length + 1))
        }
    }

    /// Frames of uneven size over `count` samples.
    private static func frames(_ count: Int, mean: Int) -> [Int] {
        var random = RandomKey(seed: 9, purpose: .test).stream
        var frames: [Int] = []
        var left = count
        while left > 0 {
            let size = min(left, 1 + random.integer(below: 2 * mean - 1))
            frames.append(size)
            left -= size
        }
        return frames
    }

    private static func stream(_ count: Int, batchSize: Int, mean: Int, window: Int, epochs: Int? = nil) -> EpochStream
    {
        EpochStream(
            seed: 4, stream: 1, count: count, batchSize: batchSize, epochs: epochs,
            storage: .init(frameSamples: frames(count, mean: mean), window: window))
    }

    @Test("by frames too every sample comes once per epoch, epochs differ, and no batch has a sample twice")
    func everySampleOncePerEpoch() {
        for (count, batchSize, window) in [
            (1000, 7, 100), (1003, 64, 200), (500, 100, 80), (999, 10, 999), (250, 100, 50),
        ] {
            let stream = Self.stream(count, batchSize: batchSize, mean: 12, window: window)
            let perEpoch = count / batchSize
            let batches = (0..<3 * perEpoch).map { stream.batch($0).indices }
            #expect(batches.allSatisfy { Set($0).count == batchSize })
            let drawn = batches.flatMap(\.self)
            let epochs = count >= 3 * batchSize ? count : perEpoch * batchSize
            #expect(Set(drawn.prefix(epochs)).count == epochs, "\(count) samples by \(batchSize)")
            #expect(Array(drawn.prefix(epochs)) != Array(drawn.dropFirst(epochs).prefix(epochs)))
        }
    }

    @Test("a batch mixes samples from all over the window, not neighbours")
    func batchesMix() {
        let stream = Self.stream(40_000, batchSize: 128, mean: 10, window: 4000)
        for ordinal in [0, 17, 150, 300] {
            let indices = stream.batch(ordinal).indices.sorted()
            #expect(zip(indices, indices.dropFirst()).count { $1 - $0 < 3 } < 24)
            #expect(indices.last! - indices.first! > 30_000)
        }
    }

    /// Frames that `ranks` ranks load in one epoch, each keeping its share of the window, over frames in all.
    private static func amplification(ranks: Int, count: Int, batchSize: Int, mean: Int, window: Int) throws -> Double {
        let sizes = frames(count, mean: mean)
        let firsts = FrameLayout(samples: sizes).firsts
        var frameOf = [Int](repeating: 0, count: count)
        for frame in sizes.indices { for sample in firsts[frame]..<firsts[frame + 1] { frameOf[sample] = frame } }
        let stream = stream(count, batchSize: batchSize, mean: mean, window: window)
        var loaded = 0
        let caches = (0..<ranks).map { _ in
            SharedCache<Int, Int>(capacity: window / ranks * 5 / 4 + 32 * mean) { $0 }
        }
        for ordinal in 0..<count / batchSize {
            let indices = stream.batch(ordinal).indices
            for rank in 0..<ranks {
                for position in batchSize * rank / ranks..<batchSize * (rank + 1) / ranks {
                    let frame = frameOf[indices[position]]
                    _ = try caches[rank].value(of: frame) {
                        loaded += sizes[frame]
                        return sizes[frame]
                    }
                }
            }
        }
        return Double(loaded) / Double(count)
    }

    /// Images of 100 kB in frames of 1 MiB, a window of 512 MiB, batches of 256.
    @Test("one to 64 ranks together read at most 1.2 times what they use", arguments: [1, 2, 3, 16, 64])
    func readAmplification(ranks: Int) throws {
        let found = try Self.amplification(ranks: ranks, count: 25_600, batchSize: 256, mean: 10, window: 5120)
        #expect(found >= 0.99 && found <= 1.2, "\(ranks) ranks: \(found)")
    }

    @Test("captions of 1 kB in frames of 128 KiB too", arguments: [1, 7, 16])
    func readAmplificationOfTexts(ranks: Int) throws {
        let found = try Self.amplification(ranks: ranks, count: 160_000, batchSize: 64, mean: 128, window: 40_000)
        #expect(found >= 0.99 && found <= 1.2, "\(ranks) ranks: \(found)")
    }
}
