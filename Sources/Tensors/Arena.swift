/// The memory of a tape: one reservation with two ends. Forward values are pushed from the bottom and stay until the tape
/// is done; gradients and scratch come from the top and are used again as soon as they are given back.
///
/// After the first steps nothing here grows: `highWater` is what a step needs.
public final class Arena {
    /// Nil for an arena that only measures.
    private let reservation: Reservation?
    private let base: UnsafeMutableRawPointer
    /// Bytes; address space only until touched.
    public let capacity: Int
    private var bottom = 0
    /// Everything from here on is borrowed or free.
    private var top: Int
    /// Free stretches above `top`, ascending, no two adjacent.
    private var free: [Range<Int>] = []
    /// Most bytes that were ever in use at both ends together, holes included.
    public private(set) var highWater = 0

    /// - Parameter capacity: bytes; address space only until touched.
    /// - Throws: `MemoryFault`.
    public init(capacity: Int) throws(MemoryFault) {
        let reservation = try Reservation(byteCount: (capacity + 4095) & ~4095)
        self.reservation = reservation
        base = reservation.base
        self.capacity = reservation.byteCount
        top = reservation.byteCount
        free.reserveCapacity(64)
    }

    /// An arena without memory: it places tensors as any other, and `highWater` says how much they would have taken.
    /// Nothing may read or write what it gives.
    public init(measuring: Void) {
        reservation = nil
        base = UnsafeMutableRawPointer(bitPattern: 4096)!
        capacity = 1 << 62
        top = capacity
    }

    /// Whether its tensors have no memory.
    public var isMeasuring: Bool { reservation == nil }

    private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    /// Everything allocated becomes invalid.
    public func reset() {
        bottom = 0
        top = capacity
        free.removeAll(keepingCapacity: true)
    }

    /// A value that lives until `release(to:)` or `reset`. Contents are undefined.
    public func push(rows: Int, columns: Int, dtype: DType = .float32) -> Tensor {
        let start = bottom
        bottom += Arena.lines(rows * columns * dtype.size)
        check(rows, columns)
        return Tensor(base + start, rows: rows, columns: columns, dtype: dtype)
    }

    /// The bottom stack's height, for `release(to:)`.
    public var mark: Int { bottom }

    /// Pops every value pushed since `mark`.
    public func release(to mark: Int) {
        precondition(mark <= bottom, "released to \(mark), above the stack's \(bottom)")
        bottom = mark
    }

    /// A temporary from the other end; give it back with `recycle`. Contents are undefined.
    public func borrow(rows: Int, columns: Int, dtype: DType = .float32) -> Tensor {
        let size = Arena.lines(rows * columns * dtype.size)
        return Tensor(base + place(size, rows, columns), rows: rows, columns: columns, dtype: dtype)
    }

    /// The end of the tightest free stretch that fits, else new memory.
    private func place(_ size: Int, _ rows: Int, _ columns: Int) -> Int {
        var tightest: Int?
        for index in free.indices where free[index].count >= size {
            if let best = tightest, free[best].count <= free[index].count { continue }
            tightest = index
        }
        guard let index = tightest else {
            top -= size
            check(rows, columns)
            return top
        }
        let stretch = free[index]
        let start = stretch.upperBound - size
        if start == stretch.lowerBound { free.remove(at: index) } else { free[index] = stretch.lowerBound..<start }
        return start
    }

    /// Gives a borrowed tensor back; neighbouring free stretches become one.
    public func recycle(_ tensor: Tensor) {
        let start = tensor.pointer - base
        let size = Arena.lines(tensor.byteCount)
        guard size > 0 else { return }
        var stretch = start..<start + size
        var index = free.firstIndex { $0.lowerBound >= start } ?? free.count
        if index < free.count, free[index].lowerBound == stretch.upperBound {
            stretch = stretch.lowerBound..<free.remove(at: index).upperBound
        }
        if index > 0, free[index - 1].upperBound == stretch.lowerBound {
            index -= 1
            stretch = free.remove(at: index).lowerBound..<stretch.upperBound
        }
        if stretch.lowerBound == top { top = stretch.upperBound } else { free.insert(stretch, at: index) }
    }

    private func check(_ rows: Int, _ columns: Int) {
        precondition(
            bottom <= top,
            "a (\(rows), \(columns)) tensor does not fit the arena of \(capacity) bytes, which was measured for another computation"
        )
        highWater = max(highWater, bottom + capacity - top)
    }
}
