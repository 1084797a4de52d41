import Runtime
import Testing

@testable import Tensors

@Suite struct DropoutTests {
    private func mask(_ rate: Float, position: Int = 0, first: Int = 0, count: Int, batch: Int = 0) -> [Float] {
        let ones = [Float](repeating: 1, count: count)
        var y = [Float](repeating: .nan, count: count)
        let key = RandomKey(seed: 42, batch: batch, position: position, purpose: .dropout(site: 3))
        dropout(ones, Dropout(rate: rate), key: key, first: first, into: &y, count: count)
        return y
    }

    @Test(
        "the share of dropped elements is the rate within four deviations", arguments: [0.1, 0.25, 0.5, 0.9] as [Float])
    func rateIsKept(rate: Float) {
        let count = 1 << 20
        let dropped = mask(rate, count: count).count { $0 == 0 }
        let deviation = (Double(rate) * Double(1 - rate) * Double(count)).squareRoot()
        #expect(abs(Double(dropped) - Double(rate) * Double(count)) < 4 * deviation + Double(count) / 65536)
    }

    @Test("what is kept is scaled by 1 / (1 − rate) exactly")
    func keptIsScaled() {
        #expect(Set(mask(0.25, count: 1000)) == [0, Float(4) / 3])
        #expect(Set(mask(0.5, count: 1000)) == [0, 2])
        #expect(Dropout(rate: 0).isActive == false)
    }

    @Test("a stretch of a sample has the mask it has in the whole")
    func stretchesAgree() {
        let whole = mask(0.3, count: 64 * 9 + 5)
        for (first, count) in [(0, 1), (64, 64), (128, 70), (64 * 8, 69), (64 * 9, 5)] {
            #expect(mask(0.3, first: first, count: count) == Array(whole[first..<first + count]))
        }
    }

    @Test("samples, batches and rows have masks of their own")
    func masksAreIndependent() {
        let count = 1 << 16
        let base = mask(0.5, count: count).map { $0 - 1 }
        let others = [
            mask(0.5, position: 1, count: count), mask(0.5, count: count, batch: 1),
            mask(0.5, count: count, batch: 1 << 32), mask(0.5, first: count, count: count),
        ]
        for other in others {
            let correlation = zip(base, other).reduce(0) { $0 + $1.0 * ($1.1 - 1) } / Float(count)
            #expect(abs(correlation) < 5 / Float(count).squareRoot())
        }
        // Rows of 40 start 64 apart: no shift brings one over the next.
        let rows = (0..<400).map { mask(0.5, first: $0 * Dropout.stride(40), count: 40).map { $0 - 1 } }
        for shift in 0..<20 {
            let pairs = zip(rows, rows.dropFirst()).flatMap { zip($0.dropFirst(shift), $1).map { $0 * $1 } }
            #expect(abs(pairs.reduce(0, +)) < 5 * Float(pairs.count).squareRoot(), "shift \(shift)")
        }
    }

    @Test("eight counters at once give the scalar generator's words")
    func lanesAgreeWithScalars() {
        let key = RandomKey(seed: 0x1234_5678_9abc_def0, batch: 7 << 32 + 9, position: 11, pass: 2, purpose: .test)
        let (low, high) = PhiloxLanes(key).blocks(from: 1000)
        for i in 0..<8 {
            let words = key.block(UInt32(1000 + i))
            #expect([low[2 * i], low[2 * i + 1], high[2 * i], high[2 * i + 1]] == (0..<4).map { words[$0] })
        }
    }
}
