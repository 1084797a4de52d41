import CBaseline
import Glibc
import Synchronization

/// Page-aligned memory that the other ranks of the node can map: an anonymous file in memory (`/dev/shm` is too small in
/// many containers). Zero at first, and resident from the start, so that a lack of memory shows here and not as a
/// signal in the middle of a step.
public final class SharedRegion: @unchecked Sendable {
    // Safety: the stored properties never change; who writes which bytes when is the business of the users.

    /// First byte, page-aligned.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int
    /// The memory as Float32 elements.
    public var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: byteCount / 4)
    }

    /// The file in memory; -1 where the system has none to give, and then no other rank can map the region.
    let descriptor: Int32
    let control: RegionControl
    private let mappedBytes: Int

    /// - Parameters:
    ///   - name: shown in `/proc/PID/maps`.
    ///   - isShared: whether other ranks need to map it. Private memory comes in huge pages, where the system has them:
    ///     messages are copied from it nearly twice as fast.
    public convenience init(byteCount: Int, name: String, isShared: Bool = true) throws(CommunicationError) {
        do throws(CommunicationError.Cause) {
            try self.init(mapping: byteCount, name: name, isShared: isShared)
        } catch {
            throw CommunicationError(rank: nil, operation: "memory for \(name)", cause: error)
        }
    }

    private init(mapping byteCount: Int, name: String, isShared: Bool) throws(CommunicationError.Cause) {
        precondition(byteCount >= 0, "a region cannot have \(byteCount) bytes")
        self.byteCount = byteCount
        mappedBytes = Self.mappedBytes(for: byteCount)
        let opened = isShared ? unimo_memfd(name) : -1
        if opened >= 0 && ftruncate(opened, mappedBytes) != 0 {
            let message = systemMessage()
            Glibc.close(opened)
            throw .memory(call: "ftruncate to \(mappedBytes) bytes", message: message)
        }
        descriptor = opened
        do throws(CommunicationError.Cause) {
            base = try Self.map(opened, bytes: mappedBytes)
        } catch {
            if opened >= 0 { Glibc.close(opened) }
            throw error
        }
        control = RegionControl(page: base + (mappedBytes - Self.pageSize))
        control.token.store(UInt64.random(in: 1 ... .max))
    }

    deinit {
        munmap(base, mappedBytes)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    static let pageSize = Int(getpagesize())

    /// The payload in whole pages and one page of control words.
    static func mappedBytes(for byteCount: Int) -> Int {
        (byteCount + pageSize - 1) / pageSize * pageSize + pageSize
    }

    /// Maps and populates; private memory where `descriptor` is -1.
    static func map(_ descriptor: Int32, bytes: Int) throws(CommunicationError.Cause) -> UnsafeMutableRawPointer {
        let flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS
        guard let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0), base != MAP_FAILED else {
            throw .memory(call: "mmap of \(bytes) bytes", message: systemMessage())
        }
        if descriptor < 0 { madvise(base, bytes, MADV_HUGEPAGE) }
        let populateWrite: Int32 = 23
        if madvise(base, bytes, populateWrite) != 0 {
            if errno != EINVAL {
                let message = systemMessage()
                munmap(base, bytes)
                throw .memory(call: "populating \(bytes) bytes", message: message)
            }
            // Kernels before 5.14: touch every page without changing it.
            for page in stride(from: 0, to: bytes, by: pageSize) {
                SharedWord(base + page).touch()
            }
        }
        return base
    }
}

/// A word in memory shared with other processes.
struct SharedWord {
    private let pointer: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ address: UnsafeMutableRawPointer) { pointer = address.assumingMemoryBound(to: Atomic<UInt64>.self) }

    func load() -> UInt64 { pointer.pointee.load(ordering: .acquiring) }
    func store(_ value: UInt64) { pointer.pointee.store(value, ordering: .releasing) }
    /// Makes the page resident and changes nothing.
    func touch() { pointer.pointee.add(0, ordering: .relaxed) }
}

/// The control words behind a region's payload, on cache lines of their own.
struct RegionControl {
    let page: UnsafeMutableRawPointer

    /// Proves to a peer that it has mapped the region it was told of.
    var token: SharedWord { SharedWord(page) }
    /// Number of the last operation whose data the owner has ready.
    var ready: SharedWord { SharedWord(page + 128) }
    /// Tells what that operation is, for peers to compare.
    var subject: SharedWord { SharedWord(page + 192) }
    /// Number of the last operation in which the owner has done its part.
    var finished: SharedWord { SharedWord(page + 256) }
}

/// What the system says about the last failed call.
func systemMessage() -> String { String(cString: strerror(errno)) }
