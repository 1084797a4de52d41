import Runtime
import Tensors
import Testing

@testable import Curation

@Suite struct PatchGridTests {
    /// The boxes of a grid, each as four numbers.
    private func boxes(of grid: PatchGrid) -> [[Float]] {
        stride(from: 0, to: 4 * grid.count, by: 4).map { Array(grid.boxes[$0..<$0 + 4]) }
    }

    @Test("boxes tile the image: neighbours share edges, areas add up to one", arguments: [1, 2, 3, 5, 7, 14])
    func boxes(cells: Int) throws {
        let grid = try PatchGrid(side: cells * 2, cells: cells)
        let boxes = boxes(of: grid)
        #expect(boxes.count == cells * cells)
        #expect(boxes[0][0] == 0 && boxes[0][1] == 0 && boxes[grid.count - 1][2...] == [1, 1])
        for (place, box) in boxes.enumerated() {
            if place % cells + 1 < cells { #expect(boxes[place + 1][..<2] == [box[2], box[1]]) }
            if place + cells < grid.count { #expect(boxes[place + cells][..<2] == [box[0], box[3]]) }
        }
        let area = boxes.reduce(0) { $0 + ($1[2] - $1[0]) * ($1[3] - $1[1]) }
        #expect(abs(area - 1) < 1e-5)
    }

    @Test(
        "the mean of a cell is that of the patches in its box, for any number of threads",
        arguments: [(6, 2), (6, 3), (4, 4), (3, 1)])
    func means(side: Int, cells: Int) throws {
        let grid = try PatchGrid(side: side, cells: cells)
        let (B, C, rows) = (7, 21, 1 + side * side)
        var random = RandomKey(seed: 4, purpose: .test).stream
        var encoded = (0..<B * rows * C).map { _ in random.uniform() - 0.5 }
        let found = [1, 4].map { threads in
            encoded.withUnsafeMutableBytes { bytes in
                let tensor = Tensor(bytes.baseAddress!, rows: B * rows, columns: C)
                return grid.means(of: tensor, pool: WorkerPool(threads: threads))
            }
        }
        #expect(found[0].map(\.bitPattern) == found[1].map(\.bitPattern))
        for image in 0..<B {
            for (cell, box) in boxes(of: grid).enumerated() {
                let inside = (0..<side * side).filter { patch in
                    let (x, y) = ((Float(patch % side) + 0.5) / Float(side), (Float(patch / side) + 0.5) / Float(side))
                    return box[0] < x && x < box[2] && box[1] < y && y < box[3]
                }
                for column in 0..<C {
                    let sum = inside.reduce(0.0) { $0 + Double(encoded[(image * rows + 1 + $1) * C + column]) }
                    let mean = Double(found[0][(image * grid.count + cell) * C + column])
                    #expect(abs(mean - sum / Double(inside.count)) < 1e-6)
                }
            }
        }
    }

    @Test("a grid that would cut patches is refused with those that would not")
    func refused() {
        for cells in [0, 3, 5, 28] {
            #expect(throws: RegionError.grid(cells, patches: 14)) { try PatchGrid(side: 14, cells: cells) }
        }
        #expect("\(RegionError.grid(4, patches: 14))".hasSuffix("found 14 × 14 patches; possible are 1, 2, 7, 14"))
    }
}
