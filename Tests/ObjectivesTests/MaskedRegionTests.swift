import Batches
import Models
import Objectives
import Runtime
import Testing

@Suite struct MaskedRegionTests {
    private let needs = RegionNeeds(count: 20, width: 3, classCount: 0)

    private func image(_ boxes: [Float]) -> RegionFeatures {
        RegionFeatures(
            width: 3, classCount: 0, features: [Float](repeating: 1, count: 3 * boxes.count / 4), boxes: boxes,
            classes: [])
    }

    private func hidden(_ image: RegionFeatures, share: Float = 0.15, seed: Int) -> [Int32] {
        var sample = Sample(key: "", regions: image)
        UNIMO.MaskedRegion(regions: needs, maxTokens: nil, share: share)
            .prepare(&sample, RandomKey(seed: UInt64(seed), purpose: .masking))
        return sample.hiddenRegions
    }

    @Test("about 15 % of regions apart from each other are hidden, and one at least")
    func sharesAreKept() {
        let apart = image((0..<20).flatMap { [Float($0) / 20, 0, Float($0 + 1) / 20, 1] })
        let counts = (0..<2000).map { hidden(apart, seed: $0).count }
        #expect(counts.allSatisfy { $0 >= 1 })
        // One at least, where none is drawn: 0.15 + 0.85²⁰ / 20.
        #expect(abs(Double(counts.reduce(0, +)) / 40_000 - 0.1519) < 0.005)
    }

    @Test("a region that overlaps a hidden one by more than the threshold is hidden with it")
    func overlapsAreHidden() {
        // The second covers two thirds of the first, the third a quarter; the fourth lies apart.
        let image = image([0, 0, 0.3, 0.1, 0, 0, 0.2, 0.1, 0.24, 0, 0.3, 0.1, 0.8, 0.8, 1, 1])
        for seed in 0..<200 {
            let hidden = hidden(image, share: 0.01, seed: seed)
            #expect(hidden.contains(0) == hidden.contains(1), "\(hidden)")
        }
        #expect((0..<200).contains { hidden(image, share: 0.01, seed: $0) == [2] })
        #expect((0..<200).contains { hidden(image, share: 0.01, seed: $0) == [3] })
    }
}
