import Tensors

/// Queries, keys and values that one attention has computed so far: what incremental decoding keeps of a layer.
final class AttentionRows {
    private let memory: Reservation
    private let columns: Int
    private let capacity: Int
    private(set) var count = 0

    /// - Parameters: capacity in rows, width C.
    init(capacity: Int, width: Int) {
        self.capacity = capacity
        columns = 3 * width
        memory = Reservation(byteCount: capacity * columns * 4)
    }

    /// `(count, 3C)`.
    var all: Tensor {
        Tensor(memory.base.bindMemory(to: Float.self, capacity: capacity * columns), rows: count, columns: columns)
    }

    /// - Parameter rows: `(n, 3C)`.
    func append(_ rows: Tensor) {
        precondition(
            rows.columns == columns && count + rows.rows <= capacity,
            "\(rows.shape) behind \(count) of \(capacity) rows of \(columns)")
        count += rows.rows
        all.rows(count - rows.rows..<count).floats.update(from: rows.floats, count: rows.count)
    }
}
