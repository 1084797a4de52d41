import Autograd
import Batches
import Rehearsal
import Runtime
import Tensors
import Testing

@testable import Models

@Suite struct CaptionStateTests {
    init() { MatrixLibrary.configure() }

    private static let texts: [[Int32]] = [[0, 9, 17, 33, 5], [0, 9, 17, 33, 40], [0, 12, 30, 8, 8]]
    /// Image of each text.
    private static let owners = [1, 1, 0]

    private func images(_ count: Int) -> ImageRows {
        var stream = RandomKey(seed: 5, purpose: .test).stream
        var rows = ImageRows(size: 16)
        for _ in 0..<count {
            rows.append(PixelImage(size: 16, pixels: (0..<768).map { _ in UInt8(stream.nextWord() >> 24) }))
        }
        return rows
    }

    private func elements(_ x: Tensor) -> [Float] { (0..<x.count).map { x.floats[$0] } }

    /// Last-layer rows of a whole text beside its image, `(T, C)`.
    private func whole(_ model: UNIMO2, _ text: [Int32], image: Int, _ tape: Tape) -> [Float] {
        var one = ImageRows(size: 16)
        let all = images(2)
        one.append(PixelImage(size: 16, pixels: Array(all.pixels[768 * image..<768 * (image + 1)])))
        var rows = TextRows()
        rows.append(Sample(key: "", tokens: text), position: 0)
        return elements(
            model.understand(images: one, rows, positions: 0..<1, sight: .captioning, tape).output.texts!.value)
    }

    @Test(
        "token by token, captions have the rows of whole ones, also where two grow from one",
        arguments: [DictionaryConfig(codes: 64, chosen: 8), nil])
    func equalsTheWhole(dictionary: DictionaryConfig?) throws {
        let model = UNIMO2(
            UNIMO2Config(
                vocabulary: 61, maxTokens: 12, imageSize: 16, patchSize: 8,
                vision: EncoderConfig(layers: 1, width: 32, heads: 2, feedForward: 48),
                text: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48),
                grounded: EncoderConfig(layers: 2, width: 32, heads: 2, feedForward: 48), dictionary: dictionary,
                projection: 8, dropout: 0))
        let store = try ParameterStore(model.parameters, alignment: 16)
        store.initialize(seed: 3)
        for (name, values) in widened(model) { store[name]!.value.floats.update(from: values, count: values.count) }
        let tape = Tape(arena: try Arena(capacity: 64 << 20), pool: WorkerPool(threads: 1), records: false)
        let expected = zip(Self.texts, Self.owners).map { whole(model, $0, image: $1, tape) }

        let state = try GroundedCaptionState(model, images: images(2), tape)
        // The first two texts share their first four tokens: one caption until then.
        var numbers: [[Int]] = [[], [], []]
        for place in 0..<5 {
            let grown = place < 4 ? [0, 2] : [0, 1, 2]
            let (rows, new) = try state.extend(
                grown.map { .init(image: Self.owners[$0], token: Self.texts[$0][place], earlier: numbers[$0]) }, tape)
            for (row, (text, number)) in zip(grown, new).enumerated() {
                numbers[text].append(number)
                let found = elements(rows.value.rows(row..<row + 1))
                let wanted = expected[text][place * 32..<(place + 1) * 32]
                for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 2e-5, "text \(text), token \(place)") }
            }
            if place == 3 { numbers[1] = numbers[0] }
        }
    }
}
