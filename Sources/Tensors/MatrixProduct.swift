import COneDNN
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

/// Multiply-adds from which a product goes to oneDNN. Its kernels lead on large products; attention's small ones, many per
/// layer, are OpenBLAS's.
private let largeProduct = 1 << 21

/// `c = scale · a·b + beta · c` on the calling thread.
/// - Parameters: a `(m, k)`, b `(k, n)`, c `(m, n)` with `cStride` elements from row to row.
public func multiply(
    m: Int, n: Int, k: Int, scale: Float = 1, _ a: Operand, _ b: Operand, beta: Float,
    into c: UnsafeMutablePointer<Float>, cStride: Int
) {
    guard m > 0 && n > 0 else { return }
    if m * n * k < largeProduct {
        cblas_sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), scale, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), beta,
            c, blasint(cStride))
    } else {
        unimo_onednn_use_one_thread()
        let status = dnnl_sgemm(
            a.oneDNNOrder, b.oneDNNOrder, Int64(m), Int64(n), Int64(k), scale, a.pointer, Int64(a.stride), b.pointer,
            Int64(b.stride), beta, c, Int64(cStride))
        precondition(status == dnnl_success, "oneDNN: status \(status.rawValue) for (\(m), \(k)) · (\(k), \(n))")
    }
}

extension Operand {
    fileprivate var oneDNNOrder: CChar { CChar(UInt8(ascii: isTransposed ? "T" : "N")) }
}

/// How a product is cut into tasks: a function of the shape alone, so that bits do not depend on the thread count (the
/// library's kernels below AVX-512 round differently in differently cut products).
struct PanelCut {
    /// Tasks along the rows and along the columns of the result.
    let rowPanels: Int
    let columnPanels: Int

    /// Multiply-adds that a task has at least.
    static let smallestTask = 1 << 25
    /// Rows or columns that a panel has at least.
    static let narrowest = 192
    /// From this length on, a side is cut in eight: the operand that every task packs again is small beside the work.
    static let longSide = 4096

    /// The longer side is cut: the operand that every task packs again is then the shorter side's. Where both sides are
    /// short beside `k`, packing weighs most and both are halved (5 % more than four panels of 1024 × 768 × 3072).
    init(m: Int, n: Int, k: Int) {
        let longer = max(m, n)
        let wanted = longer >= PanelCut.longSide ? 8 : 4
        let panels = max(1, min(wanted, m * n * k / PanelCut.smallestTask, longer / PanelCut.narrowest))
        if panels == 4 && k >= 2 * longer && min(m, n) >= 2 * PanelCut.narrowest {
            (rowPanels, columnPanels) = (2, 2)
        } else {
            (rowPanels, columnPanels) = m >= n ? (panels, 1) : (1, panels)
        }
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
    let cut = PanelCut(m: m, n: n, k: k)
    let output = c.floats
    pool.run(cut.rowPanels * cut.columnPanels) { task, _ in
        let rows = PanelCut.part(task / cut.columnPanels, of: cut.rowPanels, count: m)
        let columns = PanelCut.part(task % cut.columnPanels, of: cut.columnPanels, count: n)
        before?(rows, columns)
        multiply(
            m: rows.count, n: columns.count, k: k,
            Operand(a.fromRow(rows.lowerBound), stride: a.stride, transposed: a.isTransposed),
            Operand(b.fromColumn(columns.lowerBound), stride: b.stride, transposed: b.isTransposed), beta: beta,
            into: output + rows.lowerBound * n + columns.lowerBound, cStride: n)
        after?(rows, columns)
    }
}
