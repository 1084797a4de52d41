import COpenBLAS
public import Runtime

/// A row-major operand of a product.
public struct Operand {
    let pointer: UnsafePointer<Float>
    /// Elements from one stored row to the next.
    let stride: Int
    let isTransposed: Bool

    /// - Parameter stride: elements from one stored row to the next.
    public init(_ pointer: UnsafePointer<Float>, stride: Int, transposed: Bool = false) {
        self.pointer = pointer
        self.stride = stride
        isTransposed = transposed
    }

    public init(_ tensor: Tensor, transposed: Bool = false) {
        self.init(UnsafePointer(tensor.floats), stride: tensor.columns, transposed: transposed)
    }

    /// The operand from logical row `row` on.
    func fromRow(_ row: Int) -> UnsafePointer<Float> { pointer + (isTransposed ? row : row * stride) }
    /// The operand from logical column `column` on.
    func fromColumn(_ column: Int) -> UnsafePointer<Float> { pointer + (isTransposed ? column * stride : column) }
}

/// Multiply-adds from which a product of one thread is worth packing. Attention's, many per layer, are mostly smaller.
private let largeProduct = 1 << 21

/// `c = scale · a·b + beta · c` on the calling thread.
/// - Parameters: a `(m, k)`, b `(k, n)`, c `(m, n)` with `cStride` elements from row to row.
public func multiply(
    m: Int, n: Int, k: Int, scale: Float = 1, _ a: Operand, _ b: Operand, beta: Float,
    into c: UnsafeMutablePointer<Float>, cStride: Int
) {
    let product = Product(m: m, n: n, k: k, a: a, b: b, c: c, stride: cStride, scale: scale, beta: beta)
    if MatrixLibrary.hasTiles && m * n * k >= largeProduct { product.runByTiles() } else { product.runByLibrary() }
}

/// How a product is cut into tasks.
struct PanelCut {
    /// Tasks along the rows and along the columns of the result.
    let rowPanels: Int
    let columnPanels: Int

    /// Multiply-adds that a task has at least.
    static let smallestTask = 1 << 25
    /// Rows or columns that a panel has at least.
    static let narrowest = 192

    /// The longer side is cut: the operand that every task packs again is then the shorter side's.
    ///
    /// Tiles give the same bits however they are cut, so one thread gets one task, and several two each. The library's
    /// kernels below AVX-512 round differently in differently cut products: there the shape alone decides.
    init(m: Int, n: Int, k: Int, threads: Int) {
        let longer = max(m, n)
        let wanted = !MatrixLibrary.hasTiles ? 4 : threads == 1 ? 1 : 2 * threads
        let panels = max(1, min(wanted, m * n * k / PanelCut.smallestTask, longer / PanelCut.narrowest))
        (rowPanels, columnPanels) = m >= n ? (panels, 1) : (1, panels)
    }

    /// Part `index` of `parts` of `0 ..< count`, cut at multiples of 16.
    static func part(_ index: Int, of parts: Int, count: Int) -> Range<Int> {
        let blocks = (count + 15) / 16
        return min(blocks * index / parts * 16, count)..<min(blocks * (index + 1) / parts * 16, count)
    }
}

/// `c = a·b + beta · c` over the pool.
/// - Parameters:
///   - a: `(m, k)`. - b: `(k, n)`. - c: `(m, n)`.
///   - before: called with each task's rows and columns of `c` before its product, for example to lay a bias.
///   - after: called with them after it, while the panel is in cache.
public func multiply(
    _ pool: WorkerPool, m: Int, n: Int, k: Int, _ a: Operand, _ b: Operand, beta: Float, into c: Tensor,
    before: ((Range<Int>, Range<Int>) -> Void)? = nil, after: ((Range<Int>, Range<Int>) -> Void)? = nil
) {
    precondition(c.rows == m && c.columns == n, "a product of (\(m), \(k)) and (\(k), \(n)) into \(c.shape)")
    let cut = PanelCut(m: m, n: n, k: k, threads: pool.threads)
    pool.run(cut.rowPanels * cut.columnPanels) { task, _ in
        let rows = PanelCut.part(task / cut.columnPanels, of: cut.rowPanels, count: m)
        let columns = PanelCut.part(task % cut.columnPanels, of: cut.columnPanels, count: n)
        before?(rows, columns)
        let product = Product(
            m: rows.count, n: columns.count, k: k,
            a: Operand(a.fromRow(rows.lowerBound), stride: a.stride, transposed: a.isTransposed),
            b: Operand(b.fromColumn(columns.lowerBound), stride: b.stride, transposed: b.isTransposed),
            c: c.floats + rows.lowerBound * n + columns.lowerBound, stride: n, scale: 1, beta: beta)
        // Tiles whatever the size: a row's bits then never depend on how many others are computed with it.
        if MatrixLibrary.hasTiles { product.runByTiles() } else { product.runByLibrary() }
        after?(rows, columns)
    }
}

extension Product {
    fileprivate func runByLibrary() {
        guard m > 0 && n > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), scale, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), beta,
            c, blasint(stride))
    }
}
