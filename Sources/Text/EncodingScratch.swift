import Synchronization

/// What one call of `encode` works with; kept between calls, so that short texts profit from the words of earlier ones.
final class EncodingScratch: @unchecked Sendable {
    // Safety: taken from the pool by one thread at a time.
    var merger = WordMerger()
    var symbols: [Int32] = []
    let cache = WordCache()
    private(set) var ids: UnsafeMutablePointer<Int32>
    private(set) var starts: UnsafeMutablePointer<Bool>
    private(set) var capacity = 1 << 12

    init() {
        ids = .allocate(capacity: capacity)
        starts = .allocate(capacity: capacity)
    }

    deinit {
        ids.deallocate()
        starts.deallocate()
    }

    /// Makes room for `count` tokens; what was written before is lost.
    func reserve(_ count: Int) {
        guard count > capacity else { return }
        ids.deallocate()
        starts.deallocate()
        capacity = max(count, 2 * capacity)
        ids = .allocate(capacity: capacity)
        starts = .allocate(capacity: capacity)
    }
}

/// Scratch memory for any number of threads.
final class ScratchPool: Sendable {
    private let free = Mutex<[EncodingScratch]>([])
    /// Scratch that has grown beyond this many tokens is not kept.
    private static let kept = 1 << 20

    func use<Result>(_ body: (EncodingScratch) -> Result) -> Result {
        let scratch = free.withLock { $0.popLast() } ?? EncodingScratch()
        defer {
            if scratch.capacity <= Self.kept { free.withLock { $0.append(scratch) } }
        }
        return body(scratch)
    }
}
