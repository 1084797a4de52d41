import Glibc
import Runtime
import Testing

@testable import Tensors

/// Lengths around the vector's 16.
private let lengths = [1, 2, 15, 16, 17, 31, 48, 63, 64, 65, 1000]

private func normal(_ count: Int, seed: UInt64 = 1, deviation: Float = 1) -> [Float] {
    var random = RandomKey(seed: seed, purpose: .test).stream
    return (0..<count).map { _ in
        deviation * 1.732 * (random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2)
    }
}

@Suite struct KernelTests {
    @Test("the exponential is right to 3e-7 over its range and clamped outside")
    func exponentialIsAccurate() {
        var worst = 0.0
        var x: Float = -87
        while x < 88 {
            let found = exponential(Lanes(repeating: x))[3]
            worst = max(worst, abs(Double(found) / exp(Double(x)) - 1))
            x += 0.0137
        }
        #expect(worst < 3e-7, "\(worst)")
        #expect(exponential(Lanes(repeating: 0))[0] == 1)
        #expect(exponential(Lanes(repeating: -.infinity))[0] < 1.7e-38)
        #expect(exponential(Lanes(repeating: 1e30))[0].isFinite)
        #expect(exponential(Lanes(repeating: .nan))[0].isNaN)
    }

    @Test("the square root is right to 3e-7, and zero's is zero")
    func squareRootIsAccurate() {
        var worst = 0.0
        var x: Float = 1e-30
        while x < 1e30 {
            worst = max(worst, abs(Double(squareRoot(Lanes(repeating: x))[7]) / Double(x).squareRoot() - 1))
            x *= 1.0137
        }
        #expect(worst < 3e-7, "\(worst)")
        #expect(squareRoot(Lanes(repeating: 0)) == Lanes(repeating: 0))
    }

    @Test("GELU and its gradient equal x·Φ(x) and its derivative", arguments: lengths)
    func geluIsAccurate(count: Int) {
        let x = normal(count, deviation: 3)
        let ones = [Float](repeating: 1, count: count)
        var y = [Float](repeating: .nan, count: count)
        var dx = y
        gelu(x, into: &y, count: count)
        geluGradient(x, ones, into: &dx, count: count)
        for i in 0..<count {
            let v = Double(x[i])
            let distribution = 0.5 * erfc(-v / 2.0.squareRoot())
            let density = exp(-v * v / 2) / (2 * Double.pi).squareRoot()
            #expect(abs(Double(y[i]) - v * distribution) < 5e-7 * max(1, abs(v)))
            #expect(abs(Double(dx[i]) - distribution - v * density) < 5e-7 * max(1, abs(v)))
        }
    }

    @Test("softmax and its log-sum are those of double precision", arguments: lengths + [50_265])
    func softmaxIsAccurate(count: Int) {
        var x = normal(count, deviation: 4)
        if count > 3 { x[2] = -1e30 }
        let largest = Double(x.max()!)
        let total = x.reduce(0) { $0 + exp(Double($1) - largest) }
        var p = x
        let logSum = softmax(&p, count: count)
        #expect(abs(Double(logSum) - largest - log(total)) < 2e-6)
        // The difference to the largest, of up to 50, is rounded to 2e-6 before it becomes a factor.
        let worst = zip(x, p).map { abs(Double($1) / (exp(max(Double($0) - largest, -87)) / total) - 1) }.max()!
        #expect(worst < 1e-5, "\(worst)")
        var again = x
        exponentials(&again, minus: logSum, count: count)
        #expect(zip(again, p).allSatisfy { abs($0 - $1) <= 2e-5 * $1 + 1e-30 })
    }

    @Test("a number that is not finite is not lost in softmax", arguments: [Float.nan, .infinity])
    func softmaxKeepsNonFinite(value: Float) {
        for place in [0, 5, 31, 40] {
            var x = normal(41)
            x[place] = value
            #expect(!softmax(&x, count: 41).isFinite)
        }
    }

    @Test("sums over rows and columns are complete for every length", arguments: lengths)
    func sumsAreComplete(count: Int) {
        let rows = 7
        let x = normal(rows * count)
        var d = normal(count, seed: 2)
        let before = d
        addColumnSums(x, rows: rows, columns: 0..<count, stride: count, into: &d)
        for c in 0..<count {
            let exact = (0..<rows).reduce(Double(before[c])) { $0 + Double(x[$1 * count + c]) }
            #expect(abs(Double(d[c]) - exact) < 1e-5)
        }
        let exact = x.reduce(0) { $0 + Double($1) * Double($1) }
        #expect(abs(sumOfSquares(x, count: x.count) / exact - 1) < 1e-6)
        #expect(abs(Double(dot(x, x, count: x.count)) / exact - 1) < 1e-5)
    }

    @Test("column sums stay inside their columns")
    func columnSumsKeepTheirPlace() {
        let x = [Float](repeating: 1, count: 3 * 200)
        var d = [Float](repeating: 0, count: 200)
        addColumnSums(x, rows: 3, columns: 20..<123, stride: 200, into: &d)
        #expect(d.indices.allSatisfy { d[$0] == ((20..<123).contains($0) ? 3 : 0) })
    }

    @Test("patches keep the order channel, y, x and the range −1 … 1")
    func patchesAreInOrder() {
        let (size, patch) = (6, 3)
        let pixels = (0..<3 * size * size).map { UInt8($0 * 2) }
        var rows = [Float](repeating: .nan, count: 3 * size * size)
        patches(pixels, size: size, patch: patch, into: &rows)
        for index in rows.indices {
            let (place, i) = (index / 27, index % 27)
            let (channel, y, x) = (i / 9, i / 3 % 3, i % 3)
            let pixel = pixels[3 * ((place / 2 * 3 + y) * size + place % 2 * 3 + x) + channel]
            #expect(abs(rows[index] - (Float(pixel) / 255 - 0.5) / 0.5) < 1e-6)
        }
    }
}
