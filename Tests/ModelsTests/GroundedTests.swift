import Autograd
import Batches
import Rehearsal
import Runtime
import Tensors
import Testing

@testable import Models

@Suite struct GroundedTests {
    init() { MatrixLibrary.configure() }

    private static func config(layers: Int, dictionary: DictionaryConfig? = DictionaryConfig(codes: 64, chosen: 8))
        -> UNIMO2Config
    {
        UNIMO2Config(
            vocabulary: 61, maxTokens: 12, imageSize: 16, patchSize: 8,
            vision: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48),
            text: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48),
            grounded: EncoderConfig(layers: layers, width: 32, heads: 2, feedForward: 48), dictionary: dictionary,
            projection: 8, dropout: 0)
    }

    /// A model with weights that all matter, and a tape that records nothing.
    private struct Bench {
        let model: UNIMO2
        let store: ParameterStore
        let tape: Tape

        init(_ config: UNIMO2Config, widens: Bool = true) throws {
            tape = Tape(arena: try Arena(capacity: 64 << 20), pool: WorkerPool(threads: 1), records: false)
            model = UNIMO2(config)
            store = try ParameterStore(model.parameters, alignment: 16)
            store.initialize(seed: 3)
            guard widens else { return }
            for (name, values) in widened(model) { store[name]!.value.floats.update(from: values, count: values.count) }
        }

        func noise(_ rows: Int, seed: Int) -> Variable {
            let x = tape.variable(rows: rows, columns: 32)
            var stream = RandomKey(seed: UInt64(seed), purpose: .test).stream
            for i in 0..<x.value.count { x.value.floats[i] = 2 * stream.uniform() - 1 }
            return x
        }

        /// Text rows of the Grounded Transformer for given encoder outputs and grounded tokens: two samples of five image
        /// rows and of four and three tokens.
        func texts(images seed: Int, grounded: Variable?, sight: Sight) -> [Float] {
            let output = model.grounded(
                images: (noise(10, seed: seed), rows([5, 5])), grounded: grounded,
                texts: (noise(7, seed: 1), rows([4, 3])), sight, tape)
            return elements(output.texts!)
        }

        func rows(_ lengths: [Int]) -> [SampleRows] {
            var start = 0
            return lengths.enumerated().map { sample, length in
                defer { start += length }
                return SampleRows(rows: start..<start + length, position: sample)
            }
        }

        func elements(_ x: Variable) -> [Float] { (0..<x.value.count).map { x.value.floats[$0] } }
    }

    @Test(
        "with grounded tokens held fixed, pixels reach texts from the second grounded layer on", arguments: [1, 2, 3])
    func groundedTokensAreTheBridge(layers: Int) throws {
        let bench = try Bench(Self.config(layers: layers))
        let grounded = bench.noise(16, seed: 9)
        let one = bench.texts(images: 5, grounded: grounded, sight: .understanding)
        let other = bench.texts(images: 6, grounded: grounded, sight: .understanding)
        #expect((one == other) == (layers == 1))
    }

    @Test("the baseline and captioning see the pixels at once")
    func pixelsAreSeenDirectly() throws {
        let baseline = try Bench(Self.config(layers: 1, dictionary: nil))
        #expect(
            baseline.texts(images: 5, grounded: nil, sight: .understanding)
                != baseline.texts(images: 6, grounded: nil, sight: .understanding))
        let captioning = try Bench(Self.config(layers: 1))
        let grounded = captioning.noise(16, seed: 9)
        #expect(
            captioning.texts(images: 5, grounded: grounded, sight: .captioning)
                != captioning.texts(images: 6, grounded: grounded, sight: .captioning))
    }

    @Test("in captioning a later token changes no earlier row, the text encoder included")
    func captionsAreCausal() throws {
        let bench = try Bench(Self.config(layers: 3))
        func hidden(_ last: Int32) -> [Float] {
            var text = TextRows()
            text.append(Sample(key: "", tokens: [0, 9, 8, 7, last, 2]), position: 0)
            let seen = bench.model.understand(
                images: Self.image, text, positions: 0..<1, sight: .captioning, bench.tape)
            return bench.elements(seen.output.texts!)
        }
        let (one, other) = (hidden(20), hidden(21))
        #expect(one.prefix(4 * 32) == other.prefix(4 * 32))
        #expect(one[4 * 32..<5 * 32] != other[4 * 32..<5 * 32])
    }

    private static let image: ImageRows = {
        var images = ImageRows(size: 16)
        images.append(PixelImage(size: 16, pixels: (0..<768).map { UInt8($0 * 37 % 251) }))
        return images
    }()

    @Test("the dictionary's loss starts at about one")
    func dictionaryLossStartsAtOne() throws {
        var config = Self.config(layers: 1, dictionary: DictionaryConfig(codes: 512, chosen: 32))
        config.vision.width = 256
        config.text.width = 256
        config.grounded.width = 256
        let bench = try Bench(config, widens: false)
        var text = TextRows()
        text.append(Sample(key: "", tokens: [0, 9, 8, 7, 11, 2]), position: 0)
        let seen = bench.model.understand(images: Self.image, text, positions: 0..<1, bench.tape)
        let losses = bench.model.dictionary!.loss(
            seen.choice!, DictionaryScales(reconstruction: 1 / (4 + 5), commitment: 1 / 32), bench.tape)
        #expect(abs(losses[0] - 1) < 0.05, "reconstruction \(losses[0])")
        #expect(losses[1] > 0 && losses[1] < 1.05, "commitment \(losses[1])")
        #expect(abs(losses[0] + 0.25 * losses[1] - 1) < 0.3)
    }

    @Test("balanced scores give few words half the say, summed ones next to none")
    func wordsHaveTheirSay() throws {
        func codes(_ scores: DictionaryScores) throws -> (alone: Set<Int32>, both: Set<Int32>) {
            let bench = try Bench(
                Self.config(layers: 1, dictionary: DictionaryConfig(codes: 64, chosen: 8, scores: scores)))
            let dictionary = bench.model.dictionary!
            // 48 patches of one kind, two words of another.
            let (patches, words) = (bench.noise(48, seed: 5), bench.noise(2, seed: 6))
            for row in 1..<48 { (patches.value.floats + row * 32).update(from: patches.value.floats, count: 32) }
            var chosen: [[Int32]] = []
            bench.tape.onChoice = { chosen.append($1) }
            for tokens in [0..<0, 0..<2] {
                _ = dictionary.choose(
                    patches: patches, tokens: words, [DictionaryRows(patches: 0..<48, tokens: tokens)], bench.tape)
            }
            return (Set(chosen[0]), Set(chosen[1]))
        }
        let (balanced, summed) = (try codes(.balanced), try codes(.summed))
        #expect(balanced.alone == summed.alone)
        #expect(balanced.both.symmetricDifference(balanced.alone).count > 2)
        #expect(summed.both.symmetricDifference(summed.alone).count <= 2)
    }

    @Test("the largest are chosen, ascending, the earlier of equals first")
    func selectionIsExact() {
        var stream = RandomKey(seed: 4, purpose: .test).stream
        for round in 0..<200 {
            let count = 1 + stream.integer(below: 60)
            let values = (0..<count).map { _ in
                round % 2 == 0 ? stream.uniform() : Float(stream.integer(below: 5))
            }
            let wanted = 1 + stream.integer(below: count)
            let bench = selected(values, wanted)
            let order = values.indices.sorted { values[$0] > values[$1] || (values[$0] == values[$1] && $0 < $1) }
            #expect(bench == order.prefix(wanted).sorted())
        }
    }

    private func selected(_ values: [Float], _ count: Int) -> [Int] {
        var places = [Int32](repeating: 0, count: count)
        values.withUnsafeBufferPointer { values in
            places.withUnsafeMutableBufferPointer { selectLargest(values, into: $0) }
        }
        return places.map(Int.init)
    }

    @Test("a config with an impossible dictionary is told in a sentence")
    func contradictionsAreNamed() {
        #expect(
            Self.config(layers: 1, dictionary: DictionaryConfig(codes: 4, chosen: 5)).contradiction
                == "dictionary: 5 codes chosen of only 4")
        #expect(Self.config(layers: 0).contradiction == "a dictionary needs grounded layers, found 0")
    }
}
