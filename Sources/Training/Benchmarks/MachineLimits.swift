import Glibc
import Runtime
import Tensors

/// What one core of this machine can do, measured.
public enum MachineLimits {
    /// GFLOP/s of fused multiply-adds on registers alone: no product can be faster. The best of several short runs.
    public static func arithmetic(seconds: Double = 0.2) -> Double {
        let rounds = 200_000
        let best = BenchmarkClock.best(seconds: seconds) { keep(multiplyAdds(rounds: rounds)) }
        return Double(rounds) * 12 * 16 * 2 / best * 1e-9
    }

    /// GB/s of y += a·x over vectors of `count` elements, all three streams counted.
    public static func memory(count: Int, seconds: Double = 0.1) -> Double {
        let memory = Reservation(byteCount: 8 * count)
        let x = memory.base.bindMemory(to: Float.self, capacity: 2 * count)
        x.update(repeating: 1, count: 2 * count)
        let best = BenchmarkClock.best(seconds: seconds) { accumulate(x, scale: 0.5, into: x + count, count: count) }
        return Double(12 * count) / best * 1e-9
    }

    /// Twelve chains of fused multiply-adds: enough to cover the latency of two units.
    @inline(never) private static func multiplyAdds(rounds: Int) -> SIMD16<Float> {
        let factor = SIMD16<Float>(repeating: 0.999_999)
        let term = SIMD16<Float>(repeating: 1e-6)
        var (a, b, c, d) = (factor, factor + 1, factor + 2, factor + 3)
        var (e, f, g, h) = (factor + 4, factor + 5, factor + 6, factor + 7)
        var (i, j, k, l) = (factor + 8, factor + 9, factor + 10, factor + 11)
        for _ in 0..<rounds {
            a = term.addingProduct(a, factor)
            b = term.addingProduct(b, factor)
            c = term.addingProduct(c, factor)
            d = term.addingProduct(d, factor)
            e = term.addingProduct(e, factor)
            f = term.addingProduct(f, factor)
            g = term.addingProduct(g, factor)
            h = term.addingProduct(h, factor)
            i = term.addingProduct(i, factor)
            j = term.addingProduct(j, factor)
            k = term.addingProduct(k, factor)
            l = term.addingProduct(l, factor)
        }
        return (a + b + c) + (d + e + f) + (g + h + i) + (j + k + l)
    }

    /// Uses a result in a way that the optimizer cannot see through.
    @inline(never) private static func keep(_ value: SIMD16<Float>) {
        if value[0].isNaN { write(STDERR_FILENO, "nan\n", 4) }
    }
}

/// Repeats and keeps the best, which is what the code can do when nobody disturbs it.
enum BenchmarkClock {
    /// Seconds of the fastest call of `body`, called for about `seconds` and at least `calls` times.
    static func best(seconds: Double, calls: Int = 3, _ body: () -> Void) -> Double {
        body()
        var best = Double.infinity
        var spent = 0.0
        var count = 0
        while spent < seconds || count < calls {
            let start = Clock.seconds
            body()
            let time = Clock.seconds - start
            best = min(best, time)
            spent += time
            count += 1
        }
        return best
    }
}

/// Memory of this process.
enum ResidentMemory {
    /// The most that was ever resident, in bytes.
    static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
