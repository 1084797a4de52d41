import Glibc

/// Where a thread lays the blocks of a product that it is at: 3.7 MB, reserved at the thread's first product, given back
/// when the thread ends.
struct PackingRoom {
    /// Steps along k that are packed at once. Sums of longer products are rounded where such blocks end, so their length
    /// depends on k alone.
    static let k = 768
    /// Rows of a: beside k, they lie in the second-level cache.
    static let rows = 12 * ProductTile.rows
    /// Columns of b: beside k, they lie in the third-level cache.
    static let columns = 32 * ProductTile.columns

    /// `k · rows` numbers and the 16 more that packing may touch.
    let a: UnsafeMutablePointer<Float>
    /// `k · columns` numbers and 16 more.
    let b: UnsafeMutablePointer<Float>
    /// A tile's.
    let tile: UnsafeMutablePointer<Float>

    private static let counts = (a: k * rows + 1024, b: k * columns + 1024)

    static let byteCount = 4 * (counts.a + counts.b + ProductTile.rows * ProductTile.columns)

    private init(_ reservation: Reservation) {
        a = reservation.base.assumingMemoryBound(to: Float.self)
        b = a + Self.counts.a
        tile = b + Self.counts.b
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { Unmanaged<Reservation>.fromOpaque($0!).release() }
        precondition(status == 0, "no thread-specific key is left: \(String(cString: strerror(status)))")
        return key
    }()

    /// The calling thread's.
    static var current: PackingRoom {
        if let held = pthread_getspecific(key) {
            return PackingRoom(Unmanaged<Reservation>.fromOpaque(held).takeUnretainedValue())
        }
        // Whoever starts many threads has asked for their address space before (`Reservation.probe`).
        guard let reservation = try? Reservation(byteCount: byteCount) else {
            preconditionFailure("no address space for the \(byteCount) bytes in which a thread computes products")
        }
        pthread_setspecific(key, Unmanaged.passRetained(reservation).toOpaque())
        return PackingRoom(reservation)
    }
}
