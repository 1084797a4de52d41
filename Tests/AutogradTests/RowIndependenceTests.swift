import Autograd
import Runtime
import Tensors
import Testing

/// Chunks and slices may cut a batch anywhere only if a row never notices who shares its product.
@Suite struct RowIndependenceTests {
    private static let inputs = 40

    private let x: ParameterStore
    private let pool = WorkerPool(threads: 1)

    init() {
        MatrixLibrary.configure()
        x = ParameterStore(
            [Parameter(name: "x", shape: [130, Self.inputs], initialization: .truncatedNormal(deviation: 1))],
            alignment: 16)
        x.initialize(seed: 3)
    }

    @Test("the bits of a row do not depend on how many rows are computed with it", arguments: [1, 16, 32, 96, 600])
    func linear(outputs: Int) {
        let layer = ParameterStore(
            [
                Parameter(name: "l.w", shape: [outputs, Self.inputs], initialization: .truncatedNormal(deviation: 1)),
                Parameter(name: "l.b", shape: [outputs], initialization: .truncatedNormal(deviation: 1)),
            ], alignment: 16)
        layer.initialize(seed: 4)
        let all = product(rows: 130, layer)
        #expect(all.contains { $0 != 0 })
        for rows in 0..<130 {
            #expect(product(rows: rows, layer) == Array(all.prefix(rows * outputs)), "\(rows) rows")
        }
    }

    private func product(rows: Int, _ layer: ParameterStore) -> [Float] {
        let tape = Tape(arena: Arena(capacity: 1 << 22), pool: pool, records: false)
        let y = tape.linear(
            tape.variable(x.parameters[0].value.rows(0..<rows)), layer.parameters[0], layer.parameters[1])
        return Array(UnsafeBufferPointer(start: y.value.floats, count: y.value.count))
    }
}
