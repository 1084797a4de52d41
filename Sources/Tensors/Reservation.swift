import Glibc
public import Runtime

/// Address space that the operating system does not give.
public struct MemoryFault: DiagnosedError, Equatable {
    /// Bytes asked for.
    public let byteCount: Int
    /// What the system said.
    public let found: String

    public var exitCode: ExitCode { .usage }
    public var description: String {
        "memory: expected \(byteCount) bytes of address space, found \(found); lift the limit of the shell or job "
            + "(ulimit -v unlimited; vm.overcommit_memory=0 or 1), or use a smaller model, smaller chunks or fewer ranks"
    }
}

/// Pages reserved from the operating system; they cost memory when first touched and are given back at once.
public final class Reservation: @unchecked Sendable {
    // Safety: immutable after init; the memory's users synchronise among themselves.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int

    /// - Throws: `MemoryFault` where a limit leaves no address space.
    public init(byteCount: Int) throws(MemoryFault) {
        let size = max(byteCount, 1)
        base = try Self.map(size)
        madvise(base, size, MADV_HUGEPAGE)
        self.byteCount = size
    }

    deinit { munmap(base, byteCount) }

    /// Asks for `byteCount` bytes and gives them back: what is reserved later, piece by piece, then fails here.
    /// - Throws: `MemoryFault`.
    public static func probe(byteCount: Int) throws(MemoryFault) {
        munmap(try map(max(byteCount, 1)), max(byteCount, 1))
    }

    private static func map(_ size: Int) throws(MemoryFault) -> UnsafeMutableRawPointer {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            throw MemoryFault(byteCount: size, found: String(cString: strerror(errno)))
        }
        return base
    }
}
