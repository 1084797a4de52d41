import Synchronization

/// What one call of `encode` works with; kept between calls, so that short texts profit from the words of earlier ones.
final class EncodingScratch: @unchecked Sendable {
    // Safety: taken from the pool by one thread at a time.
    var merger = WordMerger()
    let cache = WordCache()
    /// Tokens written so far.
    var count = 0
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

    /// Makes room for `more` tokens.
    func reserve(_ more: Int) {
        let needed = count + more + WordCache.slack
        guard needed > capacity else { return }
        capacity = max(needed, 2 * capacity)
        ids = Self.moved(ids, count: count, capacity: capacity)
        starts = Self.moved(starts, count: count, capacity: capacity)
    }

    private static func moved<Element: BitwiseCopyable>(
        _ old: UnsafeMutablePointer<Element>, count: Int, capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        new.initialize(from: old, count: count)
        old.deallocate()
        return new
    }

    /// One token that starts a piece.
    func append(_ id: Int32) {
        reserve(1)
        ids[count] = id
        starts[count] = true
        count += 1
    }

    var encoding: Encoding {
        Encoding(
            ids: Array(UnsafeBufferPointer(start: ids, count: count)),
            wordStarts: Array(UnsafeBufferPointer(start: starts, count: count)))
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
