import Autograd
import Batches
public import Models
import Objectives
import Runtime
import Tensors

/// A base-sized masked-language step: forward, backward, clipping and AdamW over 8 × 128 tokens with the head on the
/// masked 19 of each sample.
public enum StepBenchmark {
    static let samples = 8
    static let tokens = 128
    static let masked = 19
    /// Of the program and its libraries.
    private static let programBytes = 150_000_000

    /// RoBERTa base; the visual tower that every model has is as small as it can be.
    public static let config = UNIMO2Config(
        vocabulary: 50_265, maxTokens: 512, imageSize: 1, patchSize: 1,
        vision: EncoderConfig(layers: 0, width: 768, heads: 12, feedForward: 3072),
        text: EncoderConfig(layers: 12, width: 768, heads: 12, feedForward: 3072),
        grounded: EncoderConfig(layers: 0, width: 768, heads: 12, feedForward: 3072), projection: 1, dropout: 0)

    /// Rows in tokens/s, GFLOP/s and bytes. Meant for a process of its own: peak memory is the process's.
    /// - Parameter steps: timed, after two to warm up; the median counts.
    /// - Throws: `MemoryFault`.
    public static func run(threads: Int = 1, steps: Int = 7) throws -> [Measurement] {
        MatrixLibrary.configure()
        let pool = WorkerPool(threads: threads)
        let step = try Step(pool)
        var times: [Phases] = []
        var peak = MachineLimits.arithmetic()
        for number in 0..<steps + 2 {
            let phases = step.run()
            if number >= 2 { times.append(phases) }
            peak = max(peak, MachineLimits.arithmetic(seconds: 0.02))
        }
        let median = times.sorted { $0.total < $1.total }[times.count / 2]
        let arithmetic = step.operations / median.total * 1e-9
        let limit = peak * Double(threads)
        let rows = samples * tokens
        return [
            Measurement(
                name: "step", value: Double(rows) / median.total, unit: "tokens/s",
                peak: Double(rows) * limit * 1e9 / step.operations,
                extra: [
                    "seconds": median.total, "best_seconds": times.map(\.total).min() ?? median.total,
                    "forward_seconds": median.forward, "backward_seconds": median.backward,
                    "update_seconds": median.update, "loss": median.loss, "processor_seconds": median.processor,
                ]),
            Measurement(
                name: "arithmetic", value: arithmetic, unit: "GFLOP/s", peak: limit,
                extra: ["share": arithmetic / limit]),
            Measurement(
                name: "peak memory", value: Double(ResidentMemory.peak), unit: "bytes",
                peak: Double(16 * step.store.count + step.arena.capacity + programBytes),
                extra: ["arena": Double(step.arena.highWater), "parameters": Double(step.parameterCount)]),
        ]
    }

    private struct Phases {
        var forward = 0.0
        var backward = 0.0
        var update = 0.0
        var loss = 0.0
        /// Processor time of the calling thread: less than the total means that others held the core.
        var processor = 0.0
        var total: Double { forward + backward + update }
    }

    /// The model and its batch.
    private final class Step {
        let model = UNIMO2(StepBenchmark.config)
        let objective = MaskedLanguage(
            vocabulary: StepBenchmark.config.vocabulary, maxTokens: StepBenchmark.config.maxTokens, image: nil)
        let store: ParameterStore
        let optimizer: Optimizer
        let arena: Arena
        let pool: WorkerPool
        let chunk: Chunk
        let active: [Bool]

        init(_ pool: WorkerPool) throws {
            self.pool = pool
            store = try ParameterStore(model.parameters, alignment: 16)
            store.initialize(seed: 1)
            optimizer = try Optimizer(
                OptimizerConfig(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01, clipNorm: 1), store: store,
                pool: pool)
            let chunk = Chunk(
                positions: 0..<samples, samples: (0..<samples).map(Step.sample), needs: objective.needs)
            self.chunk = chunk
            arena = try Arena(
                capacity: Tape.footprint(pool, records: true) { [objective, model] in
                    _ = objective.loss(chunk, model, scales: [1], $0)
                })
            let groups = objective.groups
            active = store.groups.map { groups.contains($0.name) }
        }

        var parameterCount: Int { model.parameters.reduce(0) { $0 + $1.count } }

        private static func sample(_ number: Int) -> Sample {
            let bound = StepBenchmark.config.vocabulary - 8
            var sample = Sample(
                key: "\(number)", tokens: (0..<tokens).map { Int32(4 + ($0 * 7919 + number * 977) % bound) })
            sample.masked = (0..<masked).map { MaskedToken(row: Int32(1 + 6 * $0), label: sample.tokens[1 + 6 * $0]) }
            return sample
        }

        func run() -> Phases {
            arena.reset()
            let start = Clock.seconds
            let processor = Clock.threadSeconds
            let tape = Tape(arena: arena, pool: pool)
            var phases = Phases()
            phases.loss = objective.loss(chunk, model, scales: [1 / Float(objective.counts(chunk)[0])], tape)[0]
            let forward = Clock.seconds
            tape.backward()
            let backward = Clock.seconds
            let norm = optimizer.gradientNorm(active: active)
            optimizer.update(learningRate: 1e-4, gradientNorm: norm, active: active)
            phases.forward = forward - start
            phases.backward = backward - forward
            phases.update = Clock.seconds - backward
            phases.processor = Clock.threadSeconds - processor
            return phases
        }

        /// Multiplications and additions of the products, forward once and backward twice; what is computed again in
        /// backward is not counted.
        var operations: Double {
            let (N, C) = (Double(samples * tokens), Double(StepBenchmark.config.text.width))
            let (F, V) = (Double(StepBenchmark.config.text.feedForward), Double(StepBenchmark.config.vocabulary))
            let (M, T) = (Double(samples * masked), Double(tokens))
            let layer = N * (4 * C * C + 2 * C * F) + 2 * N * T * C
            let head = M * (C * C + C * V)
            return 3 * 2 * (Double(StepBenchmark.config.text.layers) * layer + head)
        }
    }
}
