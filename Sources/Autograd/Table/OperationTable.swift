/// Every operation of the tape. An entry buys, without further code, a gradient check against a float64 oracle, a comparison
/// with the reference's golden, a count of allocations, equal bits for any number of threads, and a benchmark row.
public enum OperationTable {
    public static let cases: [OperationCase] = rowOperations + layers + attentions + embeddings + dictionary + losses

    // The large shapes are those of a base-sized step: N rows of C, F feed-forward, V vocabulary, M masked rows.
    static let (N, C, F, V, M) = (1024, 768, 3072, 50_265, 152)

    /// Constants of a dropout case.
    static let dropoutNumbers: [String: Double] = ["rate": 0.25, "site": 5, "seed": 1_234_567_890_123, "batch": 3]

    /// Rows `0 ..< count` as samples of up to `length` rows, at positions 2, 3, …
    static func samples(_ count: Int, length: Int) -> [SampleRows] {
        stride(from: 0, to: count, by: length).enumerated().map { index, start in
            SampleRows(rows: start..<min(start + length, count), position: 2 + index)
        }
    }

    /// Integers `0 ..< bound` in an order without a pattern.
    static func scattered(_ count: Int, below bound: Int) -> [Int32] {
        (0..<count).map { Int32(($0 * 7919 + ($0 >> 3) * 31) % bound) }
    }

    /// Bytes of `values` Float32 numbers.
    static func bytes(_ values: Int...) -> Double { Double(values.reduce(0, +) * 4) }
    /// Multiplications and additions of a product.
    static func product(_ m: Int, _ n: Int, _ k: Int) -> Double { 2 * Double(m) * Double(n) * Double(k) }
}
