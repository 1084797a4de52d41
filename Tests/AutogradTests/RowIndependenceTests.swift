import Autograd
import Runtime
import Tensors
import Testing

/// Chunks and slices may cut a batch anywhere only if a row never notices who shares its product.
@Suite struct RowIndependenceTests {
    private static let most = 130
    /// Every count where a library may change kernels, and a few beyond.
    private static let counts = Array(0...40) + [47, 48, 63, 64, 65, 96, 129]
    private let pool = WorkerPool(threads: 1)

    init() { MatrixLibrary.configure() }

    /// The kernels for AVX-512 compute every row alike; others do so to rounding.
    private var limit: Float {
        ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(MatrixLibrary.coreName) ? 0 : 1e-5
    }

    @Test(
        "the bits of a row do not depend on how many rows are computed with it",
        arguments: [(1, 40), (16, 40), (32, 40), (96, 40), (600, 40), (256, 256), (768, 768)])
    func linear(outputs: Int, inputs: Int) throws {
        let layer = try ParameterStore(
            [
                parameter("x", [Self.most, inputs]), parameter("layer.weight", [outputs, inputs]),
                parameter("layer.bias", [outputs]),
            ], alignment: 16)
        layer.initialize(seed: 4)
        let all = try product(rows: Self.most, layer)
        #expect(all.contains { $0 != 0 })
        for rows in Self.counts {
            let few = try product(rows: rows, layer)
            #expect(few.count == rows * outputs)
            let worst = zip(few, all).reduce(0) { max($0, abs($1.0 - $1.1) / max(1, abs($1.1))) }
            #expect(worst <= limit, "\(rows) rows: \(worst)")
        }
    }

    private func parameter(_ name: String, _ shape: [Int]) -> Parameter {
        Parameter(name: name, shape: shape, initialization: .truncatedNormal(deviation: 1))
    }

    private func product(rows: Int, _ layer: ParameterStore) throws -> [Float] {
        let tape = Tape(arena: try Arena(capacity: 1 << 24), pool: pool, records: false)
        let x = tape.variable(layer.parameters[0].value.rows(0..<rows))
        let y = tape.linear(x, layer.parameters[1], layer.parameters[2])
        return Array(UnsafeBufferPointer(start: y.value.floats, count: y.value.count))
    }
}
