public import Autograd
public import Runtime
public import Tensors

/// The memory in which evaluation computes. What a computation takes is measured before it runs, by running it on a tape
/// that only measures; the arena is as large as the largest of them.
public final class Workspace {
    public let pool: WorkerPool
    private var arena: Arena?

    public init(pool: WorkerPool) { self.pool = pool }

    /// Runs `body` on a tape without a record. Values are valid until the next call.
    /// - Parameter body: called twice, first on a tape that only measures: it may run operations and may not read elements.
    /// - Throws: `MemoryFault`; what `body` throws.
    public func run<Result>(_ body: (Tape) throws -> Result) throws -> Result {
        try body(try tape(byteCount: Tape.footprint(pool) { _ = try body($0) }))
    }

    /// A tape without a record, with this much memory.
    /// - Throws: `MemoryFault`.
    public func tape(byteCount: Int) throws(MemoryFault) -> Tape {
        if let arena, arena.capacity >= byteCount {
            arena.reset()
            return Tape(arena: arena, pool: pool, records: false)
        }
        // The old one goes first, so that both never stand side by side.
        arena = nil
        let larger = try Arena(capacity: byteCount)
        arena = larger
        return Tape(arena: larger, pool: pool, records: false)
    }
}
