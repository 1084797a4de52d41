public import Runtime
public import Tensors

/// The patches of an encoder within the cells of a coarser grid: regions of an image for which there is no detector.
public struct PatchGrid: Sendable, Equatable {
    /// Patches along a side of the image.
    public let side: Int
    /// Cells along a side.
    public let cells: Int

    /// Cells along a side that hold whole patches.
    public static func possible(side: Int) -> [Int] { (1...side).filter { side % $0 == 0 } }

    /// - Throws: `RegionError.grid` when cells would cut patches.
    public init(side: Int, cells: Int) throws(RegionError) {
        precondition(side > 0, "a grid of \(side) patches along a side")
        guard cells > 0, side % cells == 0 else { throw .grid(cells, patches: side) }
        self.side = side
        self.cells = cells
    }

    /// Regions of an image.
    public var count: Int { cells * cells }

    /// Rows of an image: the class row and its patches.
    private var rows: Int { 1 + side * side }

    /// `(cells², 4)`: left, top, right and bottom as fractions of the image, row by row. Neighbours share their edges.
    public var boxes: [Float] {
        (0..<count).flatMap { cell in
            let (x, y) = (cell % cells, cell / cells)
            return [x, y, x + 1, y + 1].map { Float($0) / Float(cells) }
        }
    }

    /// Means of the patches within each cell.
    /// - Parameter encoded: `(B·(1 + side²), C)`, the class row of each image first.
    /// - Returns: `(B·cells², C)`.
    public func means(of encoded: Tensor, pool: WorkerPool) -> [Float] {
        let (B, C) = (encoded.rows / rows, encoded.columns)
        precondition(encoded.rows == B * rows, "\(encoded.shape) for images of \(rows) rows")
        var means = [Float](repeating: 0, count: B * count * C)
        means.withUnsafeMutableBufferPointer { means in
            guard let base = means.baseAddress else { return }
            pool.run(B) { image, _ in
                addCells(encoded.floats + image * rows * C, width: C, into: base + image * count * C)
            }
        }
        return means
    }

    /// The means of one image, its patches added in their order.
    private func addCells(_ image: UnsafePointer<Float>, width C: Int, into means: UnsafeMutablePointer<Float>) {
        let span = side / cells
        for patch in 0..<side * side {
            let cell = patch / side / span * cells + patch % side / span
            add(image + (1 + patch) * C, into: means + cell * C, count: C)
        }
        scale(means, by: 1 / Float(span * span), count: count * C)
    }
}
