import Runtime
import Tensors

/// The products of a base-sized step through the engine, against what one core can do.
public enum MatmulBenchmark {
    /// A linear layer's rows, outputs and inputs.
    struct Shape {
        let rows: Int
        let outputs: Int
        let inputs: Int
    }

    static let shapes = [
        Shape(rows: 1024, outputs: 768, inputs: 768), Shape(rows: 1024, outputs: 2304, inputs: 768),
        Shape(rows: 1024, outputs: 3072, inputs: 768), Shape(rows: 1024, outputs: 768, inputs: 3072),
        Shape(rows: 154, outputs: 50_265, inputs: 768),
    ]

    /// Rows in GFLOP/s; `peak` is one core's arithmetic limit, times the threads. A core's clock wanders, so each product
    /// alternates with the limit, and what counts is the best of each.
    public static func run(threads: Int = 1, seconds: Double = 0.8) -> [Measurement] {
        MatrixLibrary.configure()
        let pool = WorkerPool(threads: threads)
        return shapes.flatMap { measure($0, pool, seconds: seconds) }
    }

    private static func measure(_ shape: Shape, _ pool: WorkerPool, seconds: Double) -> [Measurement] {
        let (m, n, k) = (shape.rows, shape.outputs, shape.inputs)
        let memory = Reservation(byteCount: 4 * (m * k + n * k + m * n))
        let x = Tensor(memory.base, rows: m, columns: k)
        let w = Tensor(memory.base + x.byteCount, rows: n, columns: k)
        let y = Tensor(memory.base + x.byteCount + w.byteCount, rows: m, columns: n)
        x.fill(0.5)
        w.fill(0.25)
        y.fill(0.125)
        let products: [(String, () -> Void)] = [
            (
                "forward",
                { multiply(pool, m: m, n: n, k: k, Operand(x), Operand(w, transposed: true), beta: 0, into: y) }
            ),
            ("input gradient", { multiply(pool, m: m, n: k, k: n, Operand(y), Operand(w), beta: 0, into: x) }),
            (
                "weight gradient",
                { multiply(pool, m: n, n: k, k: m, Operand(y, transposed: true), Operand(x), beta: 0, into: w) }
            ),
        ]
        return products.map { name, product in
            let (time, limit) = alternate(product, seconds: seconds)
            y.fill(0.125)
            let speed = 2 * Double(m) * Double(n) * Double(k) / time * 1e-9
            let peak = limit * Double(pool.threads)
            return Measurement(
                name: "\(name) \(m)x\(n)x\(k)", value: speed, unit: "GFLOP/s", peak: peak,
                extra: ["seconds": time, "share": speed / peak])
        }
    }

    /// The best time of `product` and the best limit, over turns of each.
    private static func alternate(_ product: () -> Void, seconds: Double) -> (time: Double, limit: Double) {
        let turns = 16
        return (0..<turns).reduce((Double.infinity, 0)) { best, _ in
            let limit = MachineLimits.arithmetic(seconds: seconds / Double(4 * turns))
            let time = BenchmarkClock.best(seconds: seconds / Double(turns), calls: 1, product)
            return (min(best.0, time), max(best.1, limit))
        }
    }
}
