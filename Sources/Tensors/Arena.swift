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
/// is done; gradients and scratch come from the top and are recycled by size as soon as they are consumed.
///
/// After the first steps nothing here grows: `highWater` is what a step needs.
public final class Arena {
    private let reservation: Reservation
    private var bottom = 0
    private var top: Int
    /// Blocks given back, by byte count; a step asks for the same few sizes again and again.
    private var recycled: [Int: [Int]] = [:]
    /// Most bytes that were ever in use at both ends together.
    public private(set) var highWater = 0

    /// - Parameter capacity: bytes; address space only until touched.
    public init(capacity: Int) {
        reservation = Reservation(byteCount: Arena.aligned(capacity))
        top = reservation.byteCount
    }

    public var capacity: Int { reservation.byteCount }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 4095) & ~4095 }
    private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    /// Everything allocated becomes invalid.
    public func reset() {
        bottom = 0
        top = reservation.byteCount
        recycled.removeAll(keepingCapacity: true)
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
        if let offset = recycled[size]?.popLast() {
            return Tensor(reservation.base + offset, rows: rows, columns: columns, dtype: dtype)
        }
        top -= size
        check(rows, columns)
        return Tensor(reservation.base + top, rows: rows, columns: columns, dtype: dtype)
    }

    /// Gives a borrowed tensor back.
    public func recycle(_ tensor: Tensor) {
        recycled[Arena.lines(tensor.byteCount), default: []].append(tensor.pointer - reservation.base)
    }

    private func check(_ rows: Int, _ columns: Int) {
        precondition(
            bottom <= top,
            "a (\(rows), \(columns)) tensor does not fit the arena of \(reservation.byteCount) bytes: smaller chunks needed"
        )
        highWater = max(highWater, bottom + reservation.byteCount - top)
    }
}
