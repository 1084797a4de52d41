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

    /// Rows in GFLOP/s; `peak` is one core's arithmetic limit, times the threads. A core's clock wanders and a machine is
    /// busy for moments, so all products take turns, each beside the limit, and what counts is the best of each.
    /// - Throws: `MemoryFault`.
    public static func run(threads: Int = 1, seconds: Double = 0.8) throws -> [Measurement] {
        MatrixLibrary.configure()
        let pool = WorkerPool(threads: threads)
        var products = try shapes.flatMap { try self.products($0, pool) }
        let turns = 16
        for _ in 0..<turns {
            for index in products.indices { products[index].takeTurn(seconds: seconds / Double(turns)) }
        }
        return products.map { $0.measurement(threads: threads) }
    }

    /// A product and the best that was seen of it.
    private struct Product {
        let name: String
        let work: Double
        let run: () -> Void
        let reset: () -> Void
        var time = Double.infinity
        var limit = 0.0

        mutating func takeTurn(seconds: Double) {
            limit = max(limit, MachineLimits.arithmetic(seconds: seconds / 4))
            time = min(time, BenchmarkClock.best(seconds: seconds, calls: 1, run))
            reset()
        }

        func measurement(threads: Int) -> Measurement {
            let (speed, peak) = (work / time * 1e-9, limit * Double(threads))
            return Measurement(
                name: name, value: speed, unit: "GFLOP/s", peak: peak, extra: ["seconds": time, "share": speed / peak])
        }
    }

    private static func products(_ shape: Shape, _ pool: WorkerPool) throws -> [Product] {
        let (m, n, k) = (shape.rows, shape.outputs, shape.inputs)
        let memory = try Reservation(byteCount: 4 * (m * k + n * k + m * n))
        let x = Tensor(memory.base, rows: m, columns: k)
        let w = Tensor(memory.base + x.byteCount, rows: n, columns: k)
        let y = Tensor(memory.base + x.byteCount + w.byteCount, rows: m, columns: n)
        let filled: [(tensor: Tensor, value: Float)] = [(x, 0.5), (w, 0.25), (y, 0.125)]
        for (tensor, value) in filled { tensor.fill(value) }
        func product(_ name: String, _ run: @escaping () -> Void) -> Product {
            Product(
                name: "\(name) \(m)x\(n)x\(k)", work: 2 * Double(m) * Double(n) * Double(k),
                run: { withExtendedLifetime(memory, run) },
                // A result is the next product's operand, and would grow from turn to turn.
                reset: { for (tensor, value) in filled where tensor.floats[0] != value { tensor.fill(value) } })
        }
        return [
            product("forward") {
                multiply(pool, m: m, n: n, k: k, Operand(x), Operand(w, transposed: true), beta: 0, into: y)
            },
            product("input gradient") { multiply(pool, m: m, n: k, k: n, Operand(y), Operand(w), beta: 0, into: x) },
            product("weight gradient") {
                multiply(pool, m: n, n: k, k: m, Operand(y, transposed: true), Operand(x), beta: 0, into: w)
            },
        ]
    }
}
