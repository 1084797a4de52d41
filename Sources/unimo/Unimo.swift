import ArgumentParser
import Recipes
import MPITransport
import Autograd
import Batches
import Models
import Runtime
import Tensors
import Training
import Glibc

@main struct Unimo: ParsableCommand {
    mutating func run() throws {
        MatrixLibrary.configure()
        let pool = WorkerPool(threads: 1)
        print(MatrixLibrary.coreName)
        // matmul
        for (m, n, k) in [(1024, 768, 768), (1024, 3072, 768), (1024, 768, 3072), (1024, 2304, 768), (154, 50265, 768)] {
            let a = Tensor(Reservation(byteCount: m * k * 4 + 4096).base, rows: m, columns: k)
            let r1 = Reservation(byteCount: m * k * 4), r2 = Reservation(byteCount: n * k * 4), r3 = Reservation(byteCount: m * n * 4)
            _ = a
            let x = Tensor(r1.base, rows: m, columns: k), w = Tensor(r2.base, rows: n, columns: k), y = Tensor(r3.base, rows: m, columns: n)
            x.fill(0.5); w.fill(0.25); y.fill(0)
            func time(_ name: String, _ f: () -> Void) {
                f()
                var best = 1e9
                for _ in 0..<7 { let t = Clock.seconds; f(); best = min(best, Clock.seconds - t) }
                print("\(m)x\(n)x\(k) \(name)", Int(2 * Double(m) * Double(n) * Double(k) / best / 1e9))
            }
            time("fwd panels") { multiply(pool, m: m, n: n, k: k, Operand(x), Operand(w, transposed: true), beta: 1, into: y) }
            time("fwd whole") { multiply(m: m, n: n, k: k, Operand(x), Operand(w, transposed: true), beta: 1, into: y.floats, cStride: n) }
            time("dx panels") { multiply(pool, m: m, n: k, k: n, Operand(y), Operand(w), beta: 0, into: x) }
            time("dx whole") { multiply(m: m, n: k, k: n, Operand(y), Operand(w), beta: 0, into: x.floats, cStride: k) }
            time("dw panels") { multiply(pool, m: n, n: k, k: m, Operand(y, transposed: true), Operand(x), beta: 1, into: w) }
            time("dw whole") { multiply(m: n, n: k, k: m, Operand(y, transposed: true), Operand(x), beta: 1, into: w.floats, cStride: k) }
        }
        let c = ModelConfig(vocabulary: 50265, maxTokens: 512, imageSize: 32, patchSize: 16, vision: .init(layers: 0, width: 768, heads: 12, feedForward: 3072), text: .init(layers: 12, width: 768, heads: 12, feedForward: 3072), joint: .init(layers: 0, width: 768, heads: 12, feedForward: 3072), projection: 16, dropout: 0)
        let model = UNIMO2(c)
        let store = ParameterStore(model.parameters, alignment: 16)
        store.initialize(seed: 1)
        let opt = Optimizer(.init(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01, clipNorm: 1), store: store, pool: pool)
        var rows = TextRows()
        for b in 0..<8 {
            var s = Sample(key: "\(b)", tokens: (0..<128).map { Int32(($0 * 131 + b * 977) % 50000 + 4) })
            for i in 0..<19 { s.masked.append(MaskedToken(row: Int32(i * 6 + 1), label: Int32(i * 31 + 5))) }
            rows.append(s)
        }
        let arena = Arena(capacity: 8 << 30)
        let active = store.groups.map { ["text", "mlm"].contains($0.name) }
        for step in 0..<5 {
            let t = Clock.seconds
            arena.reset()
            let tape = Tape(arena: arena, pool: pool)
            let h = model.text(rows, positions: 0..<8, tape)
            let loss = model.maskedTokenLoss(h, rows, scale: 1 / 152, tape)
            let t1 = Clock.seconds
            tape.backward()
            let t2 = Clock.seconds
            let norm = opt.gradientNorm(active: active)
            let t25 = Clock.seconds
            opt.update(learningRate: 1e-4, gradientNorm: norm, active: active)
            let t3 = Clock.seconds
            print(step, loss, norm, "fwd", t1 - t, "bwd", t2 - t1, "norm", t25 - t2, "opt", t3 - t25, "total", t3 - t, "tok/s", 1024 / (t3 - t))
        }
        var u = rusage(); getrusage(Int32(RUSAGE_SELF.rawValue), &u)
        let params = store.parameters.reduce(0) { $0 + $1.count }
        print("peak MB", u.ru_maxrss / 1024, "arena", arena.highWater >> 20, "bound", (params * 16 + 1024 * 420_000 + 150_000_000) >> 20, "heap", Machine.heapInUse >> 20)
    }
}
