import Runtime

/// The arithmetic limit of one core in fp32: fused multiply-adds that never leave the registers.
enum PeakArithmetic {
    private static let rounds = 1 << 20
    /// Lanes × 2 operations per multiply-add.
    private static let work = 32.0

    /// GFLOP/s, the best of a few short runs. Six chains fill sixteen 256-bit registers, twelve the 512-bit ones; which
    /// is faster depends on the CPU.
    static func measure() -> Double {
        var best = 0.0
        for _ in 0..<3 {
            best = max(best, rate(chains: 6, sixChains), rate(chains: 12, twelveChains))
        }
        return best
    }

    private static func rate(chains: Double, _ body: (SIMD16<Float>, SIMD16<Float>) -> SIMD16<Float>) -> Double {
        // Values the compiler can't know, and that neither grow nor vanish: x ← 0.5·x + 0.5.
        let half = SIMD16<Float>(repeating: Clock.seconds > 0 ? 0.5 : 0.25)
        let start = Clock.seconds
        let result = body(half, half)
        let seconds = Clock.seconds - start
        precondition(result[0].isFinite, "the sum of a measurement is finite")
        return Double(rounds) * chains * work / seconds * 1e-9
    }

    @inline(never)
    private static func sixChains(_ factor: SIMD16<Float>, _ addend: SIMD16<Float>) -> SIMD16<Float> {
        var (a, b, c, d, e, f) = (factor, factor, factor, factor, factor, factor)
        for _ in 0..<rounds {
            a = addend.addingProduct(a, factor)
            b = addend.addingProduct(b, factor)
            c = addend.addingProduct(c, factor)
            d = addend.addingProduct(d, factor)
            e = addend.addingProduct(e, factor)
            f = addend.addingProduct(f, factor)
        }
        return a + b + c + d + e + f
    }

    @inline(never)
    private static func twelveChains(_ factor: SIMD16<Float>, _ addend: SIMD16<Float>) -> SIMD16<Float> {
        var (a, b, c, d, e, f) = (factor, factor, factor, factor, factor, factor)
        var (g, h, i, j, k, l) = (factor, factor, factor, factor, factor, factor)
        for _ in 0..<rounds {
            a = addend.addingProduct(a, factor)
            b = addend.addingProduct(b, factor)
            c = addend.addingProduct(c, factor)
            d = addend.addingProduct(d, factor)
            e = addend.addingProduct(e, factor)
            f = addend.addingProduct(f, factor)
            g = addend.addingProduct(g, factor)
            h = addend.addingProduct(h, factor)
            i = addend.addingProduct(i, factor)
            j = addend.addingProduct(j, factor)
            k = addend.addingProduct(k, factor)
            l = addend.addingProduct(l, factor)
        }
        return a + b + c + d + e + f + g + h + i + j + k + l
    }
}
