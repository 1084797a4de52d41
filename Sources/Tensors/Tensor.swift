/// A view of a row-major matrix `(rows, columns)` that somebody else owns: an arena, a parameter store.
///
/// Everything is ragged: a batch is rows without padding; only attention knows which rows form a sample.
public struct Tensor: @unchecked Sendable {
    // Safety: a view; whoever computes on it owns the step in which its memory is valid.
    public let pointer: UnsafeMutableRawPointer
    public let rows: Int
    public let columns: Int
    public let dtype: DType

    public init(_ pointer: UnsafeMutableRawPointer, rows: Int, columns: Int, dtype: DType = .float32) {
        precondition(rows >= 0 && columns >= 0, "a tensor cannot be \(rows) × \(columns)")
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.dtype = dtype
    }

    /// Elements.
    public var count: Int { rows * columns }
    /// Bytes.
    public var byteCount: Int { count * dtype.size }

    /// The elements of a `.float32` tensor.
    public var floats: UnsafeMutablePointer<Float> {
        precondition(dtype == .float32, "a \(dtype) tensor read as float32")
        return pointer.assumingMemoryBound(to: Float.self)
    }

    /// The elements of an `.int32` tensor.
    public var integers: UnsafeMutablePointer<Int32> {
        precondition(dtype == .int32, "a \(dtype) tensor read as int32")
        return pointer.assumingMemoryBound(to: Int32.self)
    }

    /// Rows `range`, all columns; no copy.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(shape)")
        return Tensor(
            pointer + range.lowerBound * columns * dtype.size, rows: range.count, columns: columns, dtype: dtype)
    }

    /// For messages: `(rows, columns)`.
    public var shape: String { "(\(rows), \(columns))" }

    public func fill(_ value: Float) { floats.update(repeating: value, count: count) }
}
