import Glibc

/// Pages reserved from the operating system; they cost memory when first touched and are given back at once.
public final class Reservation: @unchecked Sendable {
    // Safety: immutable after init; the memory's users synchronise among themselves.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int

    public init(byteCount: Int) {
        let size = max(byteCount, 1)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            preconditionFailure(
                "\(size) bytes of address space cannot be reserved: \(String(cString: strerror(errno)))")
        }
        madvise(base, size, MADV_HUGEPAGE)
        self.base = base
        self.byteCount = size
    }

    deinit { munmap(base, byteCount) }
}

/// The memory of a tape: one reservation with two ends. Forward values are pushed from the bottom and stay until the tape
/// is done; gradients and scratch come from the top and are used again as soon as they are given back.
///
/// After the first steps nothing here grows: `highWater` is what a step needs.
public final class Arena {
    private let reservation: Reservation
    private var bottom = 0
    /// Everything from here on is borrowed or free.
    private var top: Int
    /// Free stretches above `top`, ascending, no two adjacent.
    private var free: [Range<Int>] = []
    /// Most bytes that were ever in use at both ends together, holes included.
    public private(set) var highWater = 0

    /// - Parameter capacity: bytes; address space only until touched.
    public init(capacity: Int) {
        reservation = Reservation(byteCount: (capacity + 4095) & ~4095)
        top = reservation.byteCount
        free.reserveCapacity(64)
    }

    public var capacity: Int { reservation.byteCount }

    private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    /// Everything allocated becomes invalid.
    public func reset() {
        bottom = 0
        top = reservation.byteCount
        free.removeAll(keepingCapacity: true)
    }

    /// A value that lives until `release(to:)` or `reset`. Contents are undefined.
    public func push(rows: Int, columns: Int, dtype: DType = .float32) -> Tensor {
        let start = bottom
        bottom += Arena.lines(rows * columns * dtype.size)
        check(rows, columns)
        return Tensor(reservation.base + start, rows: rows, columns: columns, dtype: dtype)
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
        return Tensor(reservation.base + place(size, rows, columns), rows: rows, columns: columns, dtype: dtype)
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
        let start = tensor.pointer - reservation.base
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
            "a (\(rows), \(columns)) tensor does not fit the arena of \(reservation.byteCount) bytes: smaller chunks needed"
        )
        highWater = max(highWater, bottom + reservation.byteCount - top)
    }
}
