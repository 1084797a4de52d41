import Autograd
import Glibc
import Runtime
import Tensors

/// Every operation of the table at the shapes of a base-sized step, forward and backward, against what limits it.
public enum KernelBenchmark {
    /// - Parameter seconds: spent on each operation, roughly.
    /// - Throws: `MemoryFault`.
    public static func run(threads: Int = 1, seconds: Double = 0.2) throws -> [Measurement] {
        MatrixLibrary.configure()
        let pool = WorkerPool(threads: threads)
        let arithmetic = MachineLimits.arithmetic() * Double(threads)
        // Vectors of 1,024 rows of 768, as most operations have them.
        let memory = try MachineLimits.memory(count: 1024 * 768)
        let streaming = try MachineLimits.memory(count: 1 << 26)
        var rows: [Measurement] = []
        for operation in OperationTable.cases {
            let instance = try OperationInstance(operation, size: .large, pool: pool)
            let (forward, backward) = time(instance, seconds: seconds)
            let work = limits(operation.work)
            for (name, work, seconds) in [("forward", work.forward, forward), ("backward", work.backward, backward)]
            where work > 0 {
                rows.append(
                    Measurement(
                        name: "\(operation.name) \(name)", value: work / seconds * 1e-9, unit: unit(operation),
                        peak: isArithmetic(operation) ? arithmetic : memory, extra: ["seconds": seconds]))
            }
        }
        return rows + (try optimizerRows(pool, peak: streaming, seconds: seconds))
    }

    private static func isArithmetic(_ operation: OperationCase) -> Bool {
        if case .arithmetic = operation.work { true } else { false }
    }

    private static func unit(_ operation: OperationCase) -> String {
        isArithmetic(operation) ? "GFLOP/s" : "GB/s"
    }

    private static func limits(_ work: OperationWork) -> (forward: Double, backward: Double) {
        switch work {
        case .arithmetic(let forward, let backward), .memory(let forward, let backward): (forward, backward)
        }
    }

    /// Seconds of the fastest forward and the fastest backward.
    private static func time(_ instance: OperationInstance, seconds: Double) -> (Double, Double) {
        var best = (forward: Double.infinity, backward: Double.infinity)
        var spent = 0.0
        var calls = 0
        while spent < seconds || calls < 4 {
            let call = instance.call()
            let start = Clock.seconds
            let result = call.forward()
            let middle = Clock.seconds
            if case .rows(let y) = result {
                let gradient = instance.arena.borrow(rows: y.rows, columns: y.columns)
                gradient.fill(1)
                call.tape.seed(y, gradient)
                instance.arena.recycle(gradient)
            }
            let backwardStart = Clock.seconds
            call.tape.backward()
            let end = Clock.seconds
            // The first call touches fresh pages.
            if calls > 0 { best = (min(best.forward, middle - start), min(best.backward, end - backwardStart)) }
            spent += end - start
            calls += 1
        }
        return best
    }

    /// AdamW, the gradient norm and the hash of a replica, over more parameters than any cache holds.
    private static func optimizerRows(
        _ pool: WorkerPool, peak: Double, seconds: Double
    ) throws -> [Measurement] {
        let parameter = Parameter(name: "all.weight", shape: [8192, 4096], initialization: .constant(0.1))
        let store = try ParameterStore([parameter], alignment: 16)
        store.initialize(seed: 1)
        let optimizer = try Optimizer(
            OptimizerConfig(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01, clipNorm: 1), store: store,
            pool: pool)
        let update = BenchmarkClock.best(seconds: seconds) {
            optimizer.update(learningRate: 1e-4, gradientNorm: 1, active: [true])
        }
        let norm = BenchmarkClock.best(seconds: seconds) { _ = optimizer.gradientNorm(active: [true]) }
        let hash = BenchmarkClock.best(seconds: seconds) { _ = ReplicaDigest(optimizer, counters: [], pool: pool) }
        // Weights, gradients and two moments are read and written; the norm reads gradients, the hash all but them.
        let rows = [("adamW", 32.0, update), ("gradientNorm", 4.0, norm), ("replicaHash", 12.0, hash)]
        return rows.map { name, bytes, time in
            Measurement(
                name: name, value: bytes * Double(parameter.count) / time * 1e-9, unit: "GB/s", peak: peak,
                extra: ["seconds": time])
        }
    }
}
