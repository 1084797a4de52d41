import Autograd
import Tensors

/// Queries, keys and values that one attention has computed so far: what incremental decoding keeps of a layer. Its memory
/// grows with its rows.
final class AttentionRows {
    private var memory: Reservation?
    private let columns: Int
    private var capacity = 0
    private(set) var count = 0

    /// - Parameter width: C.
    init(width: Int) { columns = 3 * width }

    /// Bytes of the rows so far.
    var byteCount: Int { count * columns * MemoryLayout<Float>.size }

    /// Adds rows, and gives all of them so far.
    /// - Parameters: rows `(n, 3C)`; tape that they were computed on.
    /// - Returns: `(count, 3C)`.
    /// - Throws: `MemoryFault`.
    func append(_ rows: Tensor, _ tape: Tape) throws(MemoryFault) -> Tensor {
        precondition(rows.columns == columns, "\(rows.shape) behind rows of \(columns)")
        count += rows.rows
        guard let memory = try grown(tape) else { return rows.repeated(count) }
        let all = Tensor(memory.base, rows: count, columns: columns)
        all.rows(count - rows.rows..<count).floats.update(from: rows.floats, count: rows.count)
        return all
    }

    /// Memory for `count` rows with what it held before; nil on a tape that only measures.
    private func grown(_ tape: Tape) throws(MemoryFault) -> Reservation? {
        guard !tape.isMeasuring else { return nil }
        guard count > capacity else { return memory }
        let larger = max(count, 2 * capacity)
        let new = try Reservation(byteCount: larger * columns * MemoryLayout<Float>.size)
        if let memory { new.base.copyMemory(from: memory.base, byteCount: memory.byteCount) }
        (memory, capacity) = (new, larger)
        return new
    }
}

extension Tensor {
    /// A stand-in of `rows` rows where nothing is computed.
    fileprivate func repeated(_ rows: Int) -> Tensor { Tensor(pointer, rows: rows, columns: columns) }
}
