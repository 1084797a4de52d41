import Runtime
import Testing

@testable import Tensors

@Suite struct MatrixProductTests {
    init() { MatrixLibrary.configure() }

    private func filled(_ rows: Int, _ columns: Int, seed: UInt64) -> (Reservation, Tensor) {
        let memory = Reservation(byteCount: rows * columns * 4)
        let tensor = Tensor(memory.base, rows: rows, columns: columns)
        var random = RandomKey(seed: seed, purpose: .test).stream
        for i in 0..<tensor.count { tensor.floats[i] = random.uniform() - 0.5 }
        return (memory, tensor)
    }

    @Test("a·b with either operand transposed, adding or not", arguments: [false, true], [false, true])
    func productsAreRight(aTransposed: Bool, bTransposed: Bool) {
        let (m, n, k) = (37, 29, 41)
        let (aMemory, a) = aTransposed ? filled(k, m, seed: 1) : filled(m, k, seed: 1)
        let (bMemory, b) = bTransposed ? filled(n, k, seed: 2) : filled(k, n, seed: 2)
        for beta in [0, 1] as [Float] {
            let (cMemory, c) = filled(m, n, seed: 3)
            let before = (0..<c.count).map { c.floats[$0] }
            multiply(
                WorkerPool(threads: 1), m: m, n: n, k: k, Operand(a, transposed: aTransposed),
                Operand(b, transposed: bTransposed), beta: beta, into: c)
            for i in 0..<m {
                for j in 0..<n {
                    let exact = (0..<k).reduce(Double(beta * before[i * n + j])) { sum, l in
                        let x = aTransposed ? a.floats[l * m + i] : a.floats[i * k + l]
                        let y = bTransposed ? b.floats[j * k + l] : b.floats[l * n + j]
                        return sum + Double(x) * Double(y)
                    }
                    #expect(abs(Double(c.floats[i * n + j]) - exact) < 1e-5)
                }
            }
            withExtendedLifetime(cMemory) {}
        }
        withExtendedLifetime((aMemory, bMemory)) {}
    }

    @Test("panels cover every product once, and large products have four tasks")
    func panelsCover() {
        for (m, n, k) in [
            (1, 1, 1), (17, 300, 9), (1024, 768, 768), (1024, 3072, 768), (1024, 768, 3072), (154, 50_265, 768),
            (50_265, 768, 154),
        ] {
            let cut = PanelCut(m: m, n: n, k: k)
            for (count, parts) in [(m, cut.rowPanels), (n, cut.columnPanels)] {
                let covered = (0..<parts).flatMap { Array(PanelCut.part($0, of: parts, count: count)) }
                #expect(covered == Array(0..<count))
            }
            if m * n * k >= 1 << 29 { #expect(cut.rowPanels * cut.columnPanels >= 4, "\(m) × \(n) × \(k)") }
        }
    }

    @Test("the arena gives memory back from both ends and remembers the most it held")
    func arenaRecycles() {
        let arena = Arena(capacity: 1 << 20)
        let first = arena.push(rows: 10, columns: 100)
        let mark = arena.mark
        let second = arena.push(rows: 10, columns: 100)
        #expect(second.pointer >= first.pointer + first.byteCount)
        arena.release(to: mark)
        #expect(arena.push(rows: 3, columns: 5).pointer == second.pointer)
        let borrowed = arena.borrow(rows: 7, columns: 9)
        arena.recycle(borrowed)
        #expect(arena.borrow(rows: 9, columns: 7).pointer == borrowed.pointer)
        let high = arena.highWater
        arena.reset()
        #expect(arena.push(rows: 1, columns: 1).pointer == first.pointer)
        #expect(arena.highWater == high)
    }
}
