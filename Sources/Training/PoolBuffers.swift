import Batches
import Collectives
import Objectives
import Runtime
import Tensors

/// The gathered embeddings or offers of an entry's batches and the gradients of the rank's own; allocated once.
final class PoolBuffers {
    let capacity: Int
    private let widths: [Int]
    private let base: UnsafeMutableRawPointer
    /// Nil where nothing is computed.
    private let memory: Reservation?

    /// Bytes that buffers of so many samples take.
    static func byteCount(capacity: Int, widths: [Int]) -> Int { 2 * capacity * widths.reduce(0, +) * 4 }

    /// - Throws: `MemoryFault`.
    init(capacity: Int, widths: [Int]) throws(MemoryFault) {
        self.capacity = capacity
        self.widths = widths
        let memory = try Reservation(byteCount: Self.byteCount(capacity: capacity, widths: widths))
        (base, self.memory) = (memory.base, memory)
    }

    /// Buffers without memory, for tapes that only measure.
    init(measuring capacity: Int, widths: [Int]) {
        self.capacity = capacity
        self.widths = widths
        (base, memory) = (UnsafeMutableRawPointer(bitPattern: 4096)!, nil)
    }

    private func tensor(_ number: Int, isGradient: Bool) -> Tensor {
        let before = widths[..<number].reduce(0, +) + (isGradient ? widths.reduce(0, +) : 0)
        return Tensor(base + before * capacity * 4, rows: capacity, columns: widths[number])
    }

    func pool(_ count: Int) -> [Tensor] { widths.indices.map { tensor($0, isGradient: false).rows(0..<count) } }

    func gradients(_ slice: Range<Int>) -> [Tensor] {
        widths.indices.map { tensor($0, isGradient: true).rows(0..<slice.count) }
    }

    func place(_ embeddings: [Tensor], _ positions: Range<Int>) {
        for (number, embedding) in embeddings.enumerated() {
            tensor(number, isGradient: false).rows(positions).floats.update(
                from: embedding.floats, count: embedding.count)
        }
    }

    func submit(_ number: Int, _ operation: Int, _ communication: CommunicationThread, _ batch: Batch) {
        let all = tensor(number, isGradient: false).rows(0..<batch.globalCount)
        let rows = all.rows(batch.slice)
        communication.submit(
            operation, rows: UnsafeBufferPointer(start: rows.floats, count: rows.count),
            into: UnsafeMutableBufferPointer(start: all.floats, count: all.count))
    }
}
