import Testing

@testable import Recipes

@Suite("Positions of a model for other sizes") struct PositionTableTests {
    private let grid: [Float] = [0, 1, 4, 2, -1, 3, 5, 0.5, -2]

    /// `torch.nn.functional.interpolate(mode="bicubic", align_corners=False)` of `grid`, PyTorch 2.15.
    private let resampled: [Int: [Float]] = [
        2: [0.25937653, 3.17157745, 3.45111084, -0.82875061],
        4: [
            -0.23593998, 0.35803866, 2.34015036, 4.28195763, 1.04975021, -0.42015254, 0.97166502, 4.2221694, 3.58645391,
            0.56080103, -0.47950339, 1.21525097, 5.54605770, 2.59396076, -0.96754920, -2.57181787,
        ],
    ]

    @Test("a grid is resampled as PyTorch does it", arguments: [2, 4])
    func equalsPyTorch(target: Int) throws {
        let found = PositionTables.bicubic(grid, side: 3, to: target, columns: 1)
        for (a, b) in zip(found, try #require(resampled[target])) { #expect(abs(a - b) < 2e-6) }
        #expect(found.count == target * target)
    }

    @Test("the same size changes nothing, a constant stays one, and columns don't mix")
    func keepsWhatItMust() {
        #expect(PositionTables.bicubic(grid, side: 3, to: 3, columns: 1) == grid)
        let two: [Float] = grid.flatMap { [Float]([$0, 7]) }
        let found = PositionTables.bicubic(two, side: 3, to: 5, columns: 2)
        let alone = PositionTables.bicubic(grid, side: 3, to: 5, columns: 1)
        for place in 0..<25 {
            #expect(found[2 * place] == alone[place])
            #expect(abs(found[2 * place + 1] - 7) < 1e-5)
        }
    }

    @Test("the class row stays, longer texts are cut, and what can't be made to fit is left")
    func tables() throws {
        let change = try #require(PositionTables.change("vision.position", from: [10, 1], to: [5, 1]))
        let table = change.apply([9] + grid)
        #expect(table.count == 5 && table[0] == 9)
        let cut = try #require(PositionTables.change("text.position", from: [4, 2], to: [3, 2]))
        #expect(cut.apply([1, 2, 3, 4, 5, 6, 7, 8]) == [1, 2, 3, 4, 5, 6])
        #expect(PositionTables.change("text.position", from: [3, 2], to: [4, 2])?.note == nil)
        #expect(PositionTables.change("vision.position", from: [9, 1], to: [5, 1])?.note == nil)
        #expect(PositionTables.change("vision.position", from: [10, 1], to: [5, 2])?.note == nil)
        #expect(PositionTables.change("text.word", from: [10, 1], to: [5, 1])?.note == nil)
    }
}
