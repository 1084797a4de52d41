import Telemetry
import Testing

@Suite struct DictionaryHealthTests {
    @Test("codes used alike have a perplexity of their number, unused ones are dead")
    func evenUse() {
        var health = DictionaryHealth(codes: 8)
        health.add([1, 1, 1, 1, 0, 0, 0, 0])
        health.add([2, 2, 2, 2, 0, 0, 0, 0])
        let told = health.take()
        #expect(told.used == 4 && told.dead == 4 && told.chosen == 12)
        #expect(abs(told.perplexity - 4) < 1e-12)
    }

    @Test("a collapsed dictionary shows")
    func collapse() {
        var health = DictionaryHealth(codes: 100)
        health.add([1000] + [Double](repeating: 0.01, count: 99))
        #expect(health.take().perplexity < 1.1)
    }

    @Test("what was told is not told again")
    func tellingBeginsAnew() {
        var health = DictionaryHealth(codes: 3)
        health.add([1, 0, 0])
        _ = health.take()
        #expect(health.take() == DictionaryHealth(codes: 3).emptied)
    }
}

extension DictionaryHealth {
    fileprivate var emptied: DictionaryMetrics {
        var copy = self
        return copy.take()
    }
}
