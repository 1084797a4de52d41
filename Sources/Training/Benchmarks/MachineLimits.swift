import Glibc
import Runtime
import Tensors

/// What one core of this machine can do, measured.
public enum MachineLimits {
    /// GFLOP/s of fused multiply-adds on registers alone: no product can be faster. The best of several short runs; six
    /// chains fill sixteen 256-bit registers, twelve the 512-bit ones, and which is faster depends on the processor.
    public static func arithmetic(seconds: Double = 0.2) -> Double {
        let rounds = 200_000
        let six = BenchmarkClock.best(seconds: seconds / 2) { keep(sixChains(rounds)) } / 6
        let twelve = BenchmarkClock.best(seconds: seconds / 2) { keep(twelveChains(rounds)) } / 12
        return Double(rounds) * 16 * 2 / min(six, twelve) * 1e-9
    }

    /// GB/s of y += a·x over vectors of `count` elements, all three streams counted.
    /// - Throws: `MemoryFault`.
    public static func memory(count: Int, seconds: Double = 0.1) throws -> Double {
        let memory = try Reservation(byteCount: 8 * count)
        let x = memory.base.bindMemory(to: Float.self, capacity: 2 * count)
        x.update(repeating: 1, count: 2 * count)
        let best = BenchmarkClock.best(seconds: seconds) { accumulate(x, scale: 0.5, into: x + count, count: count) }
        return Double(12 * count) / best * 1e-9
    }

    private static let factor = SIMD16<Float>(repeating: 0.999_999)
    private static let term = SIMD16<Float>(repeating: 1e-6)

    @inline(never) private static func sixChains(_ rounds: Int) -> SIMD16<Float> {
        let (x, t) = (factor, term)
        var (a, b, c, d, e, f) = (x, x + 1, x + 2, x + 3, x + 4, x + 5)
        for _ in 0..<rounds {
            a = t.addingProduct(a, x)
            b = t.addingProduct(b, x)
            c = t.addingProduct(c, x)
            d = t.addingProduct(d, x)
            e = t.addingProduct(e, x)
            f = t.addingProduct(f, x)
        }
        return (a + b + c) + (d + e + f)
    }

    /// Enough to cover the latency of two units.
    @inline(never) private static func twelveChains(_ rounds: Int) -> SIMD16<Float> {
        let (x, t) = (factor, term)
        var (a, b, c, d, e, f) = (x, x + 1, x + 2, x + 3, x + 4, x + 5)
        var (g, h, i, j, k, l) = (x + 6, x + 7, x + 8, x + 9, x + 10, x + 11)
        for _ in 0..<rounds {
            a = t.addingProduct(a, x)
            b = t.addingProduct(b, x)
            c = t.addingProduct(c, x)
            d = t.addingProduct(d, x)
            e = t.addingProduct(e, x)
            f = t.addingProduct(f, x)
            g = t.addingProduct(g, x)
            h = t.addingProduct(h, x)
            i = t.addingProduct(i, x)
            j = t.addingProduct(j, x)
            k = t.addingProduct(k, x)
            l = t.addingProduct(l, x)
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
