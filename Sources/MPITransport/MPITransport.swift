import CMPI
public import Collectives
import Glibc
public import Runtime

/// Messages over MPI. All calls, from creation to `close`, come from one thread.
public final class MPITransport: Transport, @unchecked Sendable {
    // Safety: only the thread that owns the transport touches it; the public properties never change.
    public let rank: Int
    public let size: Int
    public let topology: Topology

    private var requests: UnsafeMutablePointer<unimo_mpi_request>
    private var expectedBytes: [Int32]
    private var free: [Int]

    /// Initialises MPI. Throws when the ranks that the launcher announced did not find each other.
    public init() throws(CommunicationError) {
        do throws(CommunicationError.Cause) {
            (rank, size, topology) = try Self.connect()
        } catch {
            throw CommunicationError(rank: LaunchEnvironment.current.rank, operation: "connecting", cause: error)
        }
        let capacity = 64
        requests = .allocate(capacity: capacity)
        expectedBytes = Array(repeating: 0, count: capacity)
        free = Array((0..<capacity).reversed())
    }

    deinit { requests.deallocate() }

    /// Whether a launcher started this process, so that it has peers to connect to. Without one there is no reason to
    /// initialise MPI.
    public static func launched() -> Bool { LaunchEnvironment.current.isLaunched }

    /// Name and version of the MPI library.
    public static var libraryVersion: String {
        let text = withText { unimo_mpi_version($0) }
        return String(text.prefix { $0 != "\n" && $0 != "," })
    }

    private static func connect() throws(CommunicationError.Cause) -> (Int, Int, Topology) {
        var (provided, needed): (Int32, Int32) = (0, 0)
        try check(unimo_mpi_init(&provided, &needed), "MPI_Init_thread")
        guard provided >= needed else {
            throw .launch(
                "this MPI library offers thread level \(provided) and MPI_THREAD_SERIALIZED, \(needed), is needed; "
                    + "use an MPI built with threads")
        }
        var (rank, size): (Int32, Int32) = (0, 0)
        try check(unimo_mpi_rank(&rank), "MPI_Comm_rank")
        try check(unimo_mpi_size(&size), "MPI_Comm_size")
        let announced = LaunchEnvironment.current.size
        if let announced, announced != Int(size) {
            throw .launch(
                "the launcher started \(announced) ranks and MPI sees \(size): they would train separately; launch with "
                    + "the mpirun of \(libraryVersion), or with srun --mpi=pmix")
        }
        var nodes = [Int32](repeating: 0, count: Int(size))
        try check(unimo_mpi_nodes(rank, &nodes), "MPI_Comm_split_type")
        return (Int(rank), Int(size), Topology(nodes: nodes.map { Int($0) }))
    }

    // MARK: - Messages

    public func send(
        _ bytes: UnsafeRawBufferPointer, to peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        let slot = takeSlot(expecting: -1)
        try Self.check(
            unimo_mpi_isend(bytes.baseAddress, length(bytes.count), Int32(peer), tag, requests + slot),
            "MPI_Isend to rank \(peer)")
        return Request(slot: slot)
    }

    public func receive(
        _ bytes: UnsafeMutableRawBufferPointer, from peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        let slot = takeSlot(expecting: length(bytes.count))
        try Self.check(
            unimo_mpi_irecv(bytes.baseAddress, length(bytes.count), Int32(peer), tag, requests + slot),
            "MPI_Irecv from rank \(peer)")
        return Request(slot: slot)
    }

    public func test(_ request: Request) throws(CommunicationError.Cause) -> Bool {
        var (isDone, count): (Int32, Int32) = (0, 0)
        try Self.check(unimo_mpi_test(requests + request.slot, &isDone, &count), "MPI_Test")
        guard isDone != 0 else { return false }
        let expected = expectedBytes[request.slot]
        if expected >= 0 && expected != count {
            throw .transport(call: "MPI_Irecv", message: "expected \(expected) bytes, found \(count)")
        }
        free.append(request.slot)
        return true
    }

    public func progress() throws(CommunicationError.Cause) { try Self.check(unimo_mpi_progress(), "MPI_Iprobe") }

    private func length(_ count: Int) -> Int32 {
        precondition(count <= Int(Int32.max), "a message of \(count) bytes is longer than MPI counts")
        return Int32(count)
    }

    private func takeSlot(expecting bytes: Int32) -> Int {
        if free.isEmpty {
            let capacity = expectedBytes.count
            let larger = UnsafeMutablePointer<unimo_mpi_request>.allocate(capacity: 2 * capacity)
            larger.moveInitialize(from: requests, count: capacity)
            requests.deallocate()
            requests = larger
            expectedBytes.append(contentsOf: repeatElement(0, count: capacity))
            free.append(contentsOf: (capacity..<2 * capacity).reversed())
        }
        let slot = free.removeLast()
        expectedBytes[slot] = bytes
        return slot
    }

    // MARK: - The end, and the rival

    public func close() throws(CommunicationError.Cause) {
        try Self.check(unimo_mpi_barrier(), "MPI_Barrier")
        try Self.check(unimo_mpi_finalize(), "MPI_Finalize")
    }

    public func abort(_ code: ExitCode) { _ = unimo_mpi_abort(code.rawValue) }

    /// MPI's own all-reduce, in place, for the benchmark.
    public func allReduce(_ values: UnsafeMutablePointer<Float>, count: Int) throws(CommunicationError.Cause) {
        try Self.check(unimo_mpi_allreduce(values, length(count)), "MPI_Allreduce")
    }

    private static func check(_ status: Int32, _ call: @autoclosure () -> String) throws(CommunicationError.Cause) {
        guard status != unimo_mpi_success() else { return }
        throw .transport(call: call(), message: withText { unimo_mpi_error(status, $0) })
    }

    private static func withText(_ fill: (UnsafeMutablePointer<CChar>) -> Int32) -> String {
        var text = [CChar](repeating: 0, count: Int(unimo_mpi_text_capacity()) + 1)
        return text.withUnsafeMutableBufferPointer { buffer in
            _ = fill(buffer.baseAddress!)
            return String(cString: buffer.baseAddress!)
        }
    }
}
