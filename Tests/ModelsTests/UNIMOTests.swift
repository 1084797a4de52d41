import Autograd
import Batches
import Rehearsal
import Runtime
import Tensors
import Testing

@testable import Models

@Suite struct UNIMOTests {
    private static let config = UNIMOConfig(
        vocabulary: 61, maxTokens: 12, maxRegions: 6, regionWidth: 9, regionClasses: 5,
        transformer: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48), projection: 8, dropout: 0)

    private let model = UNIMO(Self.config)
    private let store: ParameterStore
    private let tape: Tape

    init() throws {
        MatrixLibrary.configure()
        tape = Tape(arena: try Arena(capacity: 64 << 20), pool: WorkerPool(threads: 1), records: false)
        store = try ParameterStore(model.parameters, alignment: 16)
        store.initialize(seed: 3)
        for (name, values) in widened(model) { store[name]!.value.floats.update(from: values, count: values.count) }
    }

    private func regions(_ count: Int, seed: UInt64) -> RegionFeatures {
        var stream = RandomKey(seed: seed, purpose: .test).stream
        return RegionFeatures(
            width: 9, classCount: 5, features: (0..<9 * count).map { _ in 2 * stream.uniform() - 1 },
            boxes: (0..<count).flatMap { _ in [0, 0, 0.5 + 0.5 * stream.uniform(), 0.5] },
            classes: [Float](repeating: 0.2, count: 5 * count))
    }

    private func rows(_ regions: [RegionFeatures], hidden: [[Int32]] = []) -> RegionRows {
        var rows = RegionRows(width: 9, classCount: 5)
        for (index, image) in regions.enumerated() {
            rows.append(image, hidden: hidden.isEmpty ? [] : hidden[index])
        }
        return rows
    }

    private func texts(_ texts: [[Int32]]) -> TextRows {
        var rows = TextRows()
        for (position, tokens) in texts.enumerated() {
            rows.append(Sample(key: "", tokens: tokens), position: position)
        }
        return rows
    }

    private func elements(_ x: Variable?) -> [Float] {
        x.map { x in (0..<x.value.count).map { x.value.floats[$0] } } ?? []
    }

    private func generated(_ target: [Int32]) -> UNIMO.Output {
        model.understand(
            rows([regions(4, seed: 1)]), texts([[0, 9, 17, 2]]), targets: texts([target]), positions: 0..<1, tape)
    }

    @Test("changing a target token changes no output before it, and all from it on", arguments: 0..<6)
    func generationLooksBackOnly(place: Int) {
        let target: [Int32] = [0, 11, 12, 13, 14, 2]
        var other = target
        other[place] = 40
        let (one, two) = (elements(generated(target).targets), elements(generated(other).targets))
        for row in target.indices {
            let isEqual = one[32 * row..<32 * (row + 1)] == two[32 * row..<32 * (row + 1)]
            #expect(isEqual == (row < place), "row \(row)")
        }
    }

    @Test("image and source text never see what is generated")
    func sourceSeesNoTarget() {
        let (one, two) = (generated([0, 11, 12, 2]), generated([0, 33, 34, 35, 2]))
        #expect(elements(one.images) == elements(two.images))
        #expect(elements(one.texts) == elements(two.texts))
    }

    @Test("a region that is hidden reaches no row, neither by itself nor through [IMG]")
    func hiddenRegionsDoNotLeak() {
        func output(_ hidden: [Int32], _ seed: UInt64) -> [Float] {
            var image = regions(4, seed: 1)
            image.features.replaceSubrange(9..<18, with: regions(1, seed: seed).features)
            let seen = model.understand(
                rows([image], hidden: [hidden]), texts([[0, 9, 17, 2]]), positions: 0..<1, tape)
            return elements(seen.images) + elements(seen.texts)
        }
        #expect(output([1], 5) == output([1], 6))
        #expect(output([2], 5) != output([2], 6))
    }

    @Test("[IMG] is the mean of the regions with zeros for the hidden ones, and lies over the whole image")
    func imageRowIsTheMean() {
        let image = regions(3, seed: 1)
        let whole = rows([image])
        for element in 0..<9 {
            let mean = (0..<3).reduce(0) { $0 + image.features[9 * $1 + element] } / 3
            #expect(abs(whole.features[element] - mean) < 1e-6)
        }
        #expect(Array(whole.locations[0..<5]) == [0, 0, 1, 1, 1])
        let masked = rows([image], hidden: [[0, 1, 2]])
        #expect(masked.features.allSatisfy { $0 == 0 })
        #expect(masked.hiddenFeatures == image.features)
        #expect(masked.hiddenRows == [1, 2, 3])
        #expect(masked.locations == whole.locations)
    }

    @Test("an image that several sequences have is seen by each as if it were alone")
    func sharedImagesAreSeenAlone() {
        let (images, captions): ([RegionFeatures], [[Int32]]) = (
            [regions(4, seed: 1), regions(2, seed: 2)], [[0, 9, 17, 2], [0, 20, 2], [0, 30, 31, 32, 2]]
        )
        let sequences = [
            ModalSequence(image: 0, text: 0, position: 0), ModalSequence(image: 1, text: 1, position: 1),
            ModalSequence(image: 0, text: 2, position: 0), ModalSequence(image: 1, position: 1),
        ]
        let together = model.transform(
            model.embed(rows(images), positions: [0, 1], texts(captions), tape), sequences, tape)
        let (v, t) = (elements(together.images), elements(together.texts))
        var (imageStart, textStart) = (0, 0)
        for sequence in sequences {
            let alone = model.understand(
                rows([images[sequence.image!]]), sequence.text.map { texts([captions[$0]]) }, positions: 0..<1, tape)
            let (ownImages, ownTexts) = (elements(alone.images), elements(alone.texts))
            #expect(near(Array(v[imageStart..<imageStart + ownImages.count]), ownImages))
            #expect(near(Array(t[textStart..<textStart + ownTexts.count]), ownTexts))
            imageStart += ownImages.count
            textStart += ownTexts.count
        }
        #expect(imageStart == v.count && textStart == t.count)
    }

    private func near(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 }
    }

    @Test("parameter groups are those that recipes can name, each in one piece")
    func groups() {
        #expect(store.groups.map(\.name) == UNIMO.groups)
    }
}
