import Corpora
import Runtime

extension StoredCorpus {
    /// Samples that one task folds.
    private static var run: Int { 256 }

    /// Reads all samples in parallel and folds each run of them.
    /// - Returns: what the runs came to, in order.
    func folded<Part>(
        from start: Part, pool: WorkerPool, add: (inout Part, StoredSample) throws -> Void
    ) throws -> [Part] {
        try pool.map((count + Self.run - 1) / Self.run) { task, _ in
            var part = start
            for number in task * Self.run..<min((task + 1) * Self.run, count) { try add(&part, try read(number)) }
            return part
        }
    }
}
