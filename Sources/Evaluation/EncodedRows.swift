public import Autograd
public import Tensors

/// Rows of an encoder for a set of samples, kept beyond the tape they were computed on.
public struct EncodedRows {
    private let memory: Reservation
    /// First row of each sample, and one past the last.
    private let offsets: [Int]
    private let columns: Int

    /// - Parameter rows: `(samples · n, C)`, n rows each.
    /// - Throws: `MemoryFault`.
    public init(_ rows: Tensor, samples: Int) throws(MemoryFault) {
        try self.init(rows, offsets: (0...samples).map { $0 * (rows.rows / max(samples, 1)) })
    }

    /// - Parameters: rows `(N, C)`, offsets `(samples + 1)`.
    /// - Throws: `MemoryFault`.
    public init(_ rows: Tensor, offsets: [Int]) throws(MemoryFault) {
        precondition(offsets.last == rows.rows, "\(rows.shape) rows with offsets to \(offsets.last ?? 0)")
        memory = try Reservation(byteCount: rows.byteCount)
        memory.base.copyMemory(from: rows.pointer, byteCount: rows.byteCount)
        self.offsets = offsets
        columns = rows.columns
    }

    public var samples: Int { offsets.count - 1 }
    public func length(_ sample: Int) -> Int { offsets[sample + 1] - offsets[sample] }

    /// The rows of `samples`, one after another; samples may repeat.
    public func gather(_ samples: [Int], _ tape: Tape) -> Variable {
        let x = tape.variable(rows: samples.reduce(0) { $0 + length($1) }, columns: columns)
        var start = 0
        for sample in samples {
            let source = memory.base + offsets[sample] * columns * 4
            let target = x.value.pointer + start * columns * 4
            tape.compute { target.copyMemory(from: source, byteCount: length(sample) * columns * 4) }
            start += length(sample)
        }
        return x
    }
}
