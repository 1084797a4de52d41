import Runtime
import Testing

@Suite struct RandomTests {
    @Test("Philox gives the numbers its authors publish")
    func knownAnswers() {
        #expect(
            philox4x32(SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = UInt32.max
        #expect(
            philox4x32(SIMD4(ones, ones, ones, ones), key: SIMD2(ones, ones))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            philox4x32(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test("a change of any coordinate changes the numbers")
    func coordinatesMatter() {
        let key = RandomKey(seed: 1, batch: 2, position: 3, pass: 4, purpose: .masking)
        var others = [
            RandomKey(seed: 2, batch: 2, position: 3, pass: 4, purpose: .masking),
            RandomKey(seed: 1, batch: 3, position: 3, pass: 4, purpose: .masking),
            RandomKey(seed: 1, batch: 2 + 1 << 32, position: 3, pass: 4, purpose: .masking),
            RandomKey(seed: 1, batch: 2, position: 4, pass: 4, purpose: .masking),
            RandomKey(seed: 1, batch: 2, position: 3, pass: 5, purpose: .masking),
            key.with(purpose: .order),
        ]
        others.append(key)
        #expect(Set(others.map { $0.block(0) }).count == others.count)
    }

    @Test("integers below a bound cover it evenly, and uniform numbers stay in [0, 1)")
    func distributions() {
        var stream = RandomKey(seed: 9, purpose: .test).stream
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
        // Five standard deviations of a count of 10,000.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 470 })
        var sum = 0.0
        for _ in 0..<10_000 {
            let u = stream.uniform()
            #expect(u >= 0 && u < 1)
            sum += Double(u)
        }
        #expect(abs(sum / 10_000 - 0.5) < 0.015)
    }
}
