import Runtime
import Testing

@testable import Tensors

@Suite struct MatrixProductTests {
    init() { MatrixLibrary.configure() }

    private func filled(_ rows: Int, _ columns: Int, seed: UInt64) throws -> (Reservation, Tensor) {
        let memory = try Reservation(byteCount: rows * columns * 4)
        let tensor = Tensor(memory.base, rows: rows, columns: columns)
        var random = RandomKey(seed: seed, purpose: .test).stream
        for i in 0..<tensor.count { tensor.floats[i] = random.uniform() - 0.5 }
        return (memory, tensor)
    }

    @Test("a·b with either operand transposed, adding or not", arguments: [false, true], [false, true])
    func productsAreRight(aTransposed: Bool, bTransposed: Bool) throws {
        let (m, n, k) = (37, 29, 41)
        let (aMemory, a) = try aTransposed ? filled(k, m, seed: 1) : filled(m, k, seed: 1)
        let (bMemory, b) = try bTransposed ? filled(n, k, seed: 2) : filled(k, n, seed: 2)
        for beta in [0, 1] as [Float] {
            let (cMemory, c) = try filled(m, n, seed: 3)
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

    /// Shapes around the edges of tiles (14 × 32), blocks (168 × 1024) and stretches of k (768).
    static let shapes = [
        (1, 1, 1), (14, 32, 16), (15, 33, 17), (13, 31, 768), (169, 40, 769), (30, 1057, 20), (2, 7, 1537), (28, 64, 0),
    ]

    @Test("tiles, their edges and blocks give the product, with either operand transposed", arguments: shapes)
    func tilesAreRight(m: Int, n: Int, k: Int) throws {
        for (aTransposed, bTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
            let (aMemory, a) = try aTransposed ? filled(k, m, seed: 1) : filled(m, k, seed: 1)
            let (bMemory, b) = try bTransposed ? filled(n, k, seed: 2) : filled(k, n, seed: 2)
            let (cMemory, c) = try filled(m, n, seed: 3)
            let before = (0..<c.count).map { c.floats[$0] }
            Product(
                m: m, n: n, k: k, a: Operand(a, transposed: aTransposed), b: Operand(b, transposed: bTransposed),
                c: c.floats, stride: n, scale: 0.5, beta: 2
            ).runByTiles()
            for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3), (m / 3, n - 1)] {
                let exact = (0..<k).reduce(Double(2 * before[i * n + j])) { sum, l in
                    let x = aTransposed ? a.floats[l * m + i] : a.floats[i * k + l]
                    let y = bTransposed ? b.floats[j * k + l] : b.floats[l * n + j]
                    return sum + 0.5 * Double(x) * Double(y)
                }
                #expect(abs(Double(c.floats[i * n + j]) - exact) < 1e-4, "(\(i), \(j)) of \(m) × \(n) × \(k)")
            }
            withExtendedLifetime((aMemory, bMemory, cMemory)) {}
        }
    }

    @Test("what a product overwrites is not read: no NaN comes through")
    func overwritingReadsNothing() throws {
        let (aMemory, a) = try filled(20, 50, seed: 1)
        let (bMemory, b) = try filled(50, 70, seed: 2)
        let (cMemory, c) = try filled(20, 70, seed: 3)
        c.fill(.nan)
        Product(
            m: 20, n: 70, k: 50, a: Operand(a), b: Operand(b), c: c.floats, stride: 70, scale: 1, beta: 0
        ).runByTiles()
        #expect((0..<c.count).allSatisfy { c.floats[$0].isFinite })
        withExtendedLifetime((aMemory, bMemory, cMemory)) {}
    }

    @Test("a part of a product has the bits that it has in the whole, wherever it is cut")
    func partsEqualTheWhole() throws {
        let (m, n, k) = (200, 150, 1600)
        let (aMemory, a) = try filled(m, k, seed: 1)
        let (bMemory, b) = try filled(n, k, seed: 2)
        let (wholeMemory, whole) = try filled(m, n, seed: 3)
        let (partMemory, part) = try filled(m, n, seed: 3)
        func product(_ rows: Range<Int>, _ columns: Range<Int>, _ c: Tensor) {
            Product(
                m: rows.count, n: columns.count, k: k,
                a: Operand(Operand(a).fromRow(rows.lowerBound), stride: k),
                b: Operand(Operand(b, transposed: true).fromColumn(columns.lowerBound), stride: k, transposed: true),
                c: c.floats + rows.lowerBound * n + columns.lowerBound, stride: n, scale: 1, beta: 1
            ).runByTiles()
        }
        product(0..<m, 0..<n, whole)
        for rows in [0..<1, 1..<90, 90..<200] {
            for columns in [0..<47, 47..<150] { product(rows, columns, part) }
        }
        #expect((0..<whole.count).allSatisfy { whole.floats[$0] == part.floats[$0] })
        withExtendedLifetime((aMemory, bMemory, wholeMemory, partMemory)) {}
    }

    @Test("panels cover every product once, and large ones have a task for each of four threads")
    func panelsCover() {
        for (m, n, k) in [
            (1, 1, 1), (17, 300, 9), (1024, 768, 768), (1024, 3072, 768), (1024, 768, 3072), (154, 50_265, 768),
            (50_265, 768, 154),
        ] {
            let cut = PanelCut(m: m, n: n, k: k, threads: 4)
            for (count, parts) in [(m, cut.rowPanels), (n, cut.columnPanels)] {
                let covered = (0..<parts).flatMap { Array(PanelCut.part($0, of: parts, count: count)) }
                #expect(covered == Array(0..<count))
            }
            if m * n * k >= 1 << 29 { #expect(cut.rowPanels * cut.columnPanels >= 4, "\(m) × \(n) × \(k)") }
        }
    }

    @Test("the arena gives memory back from both ends and remembers the most it held")
    func arenaRecycles() throws {
        let arena = try Arena(capacity: 1 << 20)
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
