import Glibc
public import Runtime
import Tensors

// Lifetimes of values. A tape that records keeps every value until backward has used it; one that doesn't keeps what
// the caller still reads, so that inference needs the memory of the widest part and not of all parts.

extension Tape {
    /// Runs `body` and, where nothing is recorded, ends the lifetime of every value in it but its result.
    /// - Returns: the result `(N, C)`; where nothing is recorded a copy of it.
    public func scoped(_ body: () -> Variable) -> Variable {
        guard !records else { return body() }
        let mark = arena.mark
        let result = body().value
        arena.release(to: mark)
        let kept = arena.push(rows: result.rows, columns: result.columns)
        // They may overlap: the copy begins where the first value of the scope did.
        compute { memmove(kept.pointer, result.pointer, result.byteCount) }
        return variable(kept)
    }

    /// Runs a stack of layers, each on the result of the one before. Where nothing is recorded, the values of a layer end
    /// with it.
    /// - Parameters: x `(N, C)`; layer keeps the shape.
    /// - Returns: `(N, C)`.
    public func stack<Layer>(_ layers: [Layer], on x: Variable, _ layer: (Layer, Variable) -> Variable) -> Variable {
        guard !records, !layers.isEmpty else { return layers.reduce(x) { layer($1, $0) } }
        let y = variable(rows: x.rows, columns: x.columns)
        var last = x
        for each in layers {
            let mark = arena.mark
            let result = layer(each, last).value
            precondition(
                result.rows == y.rows && result.columns == y.columns,
                "a layer of a stack made \(result.shape) of \(y.value.shape)")
            compute { memmove(y.value.pointer, result.pointer, result.byteCount) }
            arena.release(to: mark)
            last = y
        }
        return y
    }
}

extension Tape {
    /// Bytes that `body` takes on a tape, found by running it on one that only measures.
    /// - Parameters:
    ///   - records: whether it trains: values are kept, and backward is measured too.
    ///   - body: given the tape. It may run any operations, and may not read elements.
    public static func footprint(_ pool: WorkerPool, records: Bool = false, _ body: (Tape) throws -> Void) rethrows
        -> Int
    {
        let tape = Tape(arena: Arena(measuring: ()), pool: pool, records: records)
        try body(tape)
        tape.backward()
        return tape.arena.highWater
    }
}
