import Logging
import Runtime
import Synchronization

/// The collective operations of a job over a transport, for the one thread that owns it.
///
/// Every rank must call the same operations in the same order; the tag of a message tells the operation it belongs
/// to, so that ranks which disagree end at their deadline instead of mixing their bytes.
public final class Communicator {
    public let transport: any Transport
    public var rank: Int { transport.rank }
    public var size: Int { transport.size }
    /// Seconds without any progress after which an operation throws.
    public let deadline: Double
    /// Names the operation in errors.
    public internal(set) var operation = "set-up"
    public internal(set) var step: Int?

    let polling: PollingState
    let log: Logger
    private var sequence: UInt32 = 0
    private var requests: [Request] = []
    private var scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 12, alignment: 64)
    let ringBuffers: RingBuffers
    /// Byte offsets of the rows being gathered, kept between calls for their memory.
    var rowOffsets: [Int] = []

    public convenience init(transport: any Transport, deadline: Double = 600) {
        self.init(transport: transport, deadline: deadline, polling: PollingState())
        polling.isAwaited.store(true, ordering: .relaxed)
    }

    init(transport: any Transport, deadline: Double, polling: PollingState) {
        precondition(deadline > 0, "a deadline must be positive, got \(deadline) s")
        self.transport = transport
        self.deadline = deadline
        self.polling = polling
        log = Log.logger("ranks", rank: transport.rank)
        ringBuffers = RingBuffers()
    }

    deinit { scratch.deallocate() }

    enum Kind: UInt32 {
        case barrier = 1
        case exchange
        case ringReduce
        case ringGather
        case window
    }

    /// The tag of the next collective: its number, name, step and kind, mixed into the 15 bits that every transport has.
    func nextTag(_ kind: Kind) -> Int32 {
        sequence &+= 1
        var hash = (sequence &* 8 &+ kind.rawValue) ^ UInt32(truncatingIfNeeded: step ?? 0) &* 0x85EB_CA6B
        for byte in operation.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        hash ^= hash >> 15
        return Int32(hash & 0x7FFF)
    }

    func located(_ cause: CommunicationError.Cause) -> CommunicationError {
        CommunicationError(rank: rank, step: step, operation: operation, cause: cause)
    }

    enum Attempt {
        case finished
        case moved
        case stuck
    }

    /// Repeats `attempt` until it has finished, backing off while it is stuck, up to the deadline.
    func drive(waitingFor what: () -> String, _ attempt: () throws(CommunicationError.Cause) -> Attempt) throws {
        var backoff = Backoff(polling)
        var notice: WaitNotice?
        do throws(CommunicationError.Cause) {
            while true {
                switch try attempt() {
                case .finished: return
                case .moved:
                    backoff.reset()
                    notice = nil
                case .stuck:
                    let seconds = backoff.pause()
                    try abortIfAsked()
                    if seconds > deadline { throw .deadline(seconds: seconds, what: what()) }
                    if notice == nil { notice = WaitNotice(after: max(1, deadline / 2)) }
                    if let seconds = notice?.due() {
                        log.info("\(operation): waiting \(seconds) s for \(what())")
                    }
                    try transport.progress()
                }
            }
        } catch {
            throw located(error)
        }
    }

    private func abortIfAsked() throws(CommunicationError.Cause) {
        let code = polling.abortCode.load(ordering: .relaxed)
        guard code != 0 else { return }
        transport.abort(ExitCode(rawValue: code) ?? .transport)
        throw .aborted(byRank: rank, code: code)
    }

    // MARK: - Synchronisation

    /// Returns when every rank has called it (dissemination: ⌈log₂ R⌉ rounds).
    public func barrier() throws {
        let tag = nextTag(.barrier)
        var distance = 1
        while distance < size {
            let to = (rank + distance) % size
            let from = (rank - distance + size) % size
            try exchange(
                [(to, UnsafeRawBufferPointer(rebasing: scratch[0..<8]))],
                [(from, UnsafeMutableRawBufferPointer(rebasing: scratch[8..<16]))], tag: tag)
            distance *= 2
        }
    }

    /// Sends and receives all the messages given, in any order of arrival.
    private func exchange(
        _ sends: [(peer: Int, bytes: UnsafeRawBufferPointer)],
        _ receives: [(peer: Int, bytes: UnsafeMutableRawBufferPointer)], tag: Int32
    ) throws {
        requests.removeAll(keepingCapacity: true)
        do throws(CommunicationError.Cause) {
            for (peer, bytes) in receives { requests.append(try transport.receive(bytes, from: peer, tag: tag)) }
            for (peer, bytes) in sends { requests.append(try transport.send(bytes, to: peer, tag: tag)) }
        } catch {
            throw located(error)
        }
        var next = 0
        try drive {
            next < receives.count
                ? "a message from rank \(receives[next].peer)"
                : "rank \(sends[next - receives.count].peer) to take a message"
        } _: { () throws(CommunicationError.Cause) in
            if next == requests.count { return .finished }
            guard try transport.test(requests[next]) else { return .stuck }
            next += 1
            return .moved
        }
    }

    // MARK: - Gathering

    /// Bytes up to which blocks go straight to every peer; above, they travel round the ring.
    private static let directLimit = 64 << 10

    /// All-gather in place: `buffer` holds one block per rank, at `offsets[r] ..< offsets[r + 1]` bytes; the own block
    /// is filled in before, all are after.
    public func allGather(inPlace buffer: UnsafeMutableRawBufferPointer, offsets: [Int]) throws {
        precondition(offsets.count == size + 1, "all-gather needs \(size + 1) offsets, got \(offsets.count)")
        precondition(offsets[size] <= buffer.count, "blocks end at \(offsets[size]), the buffer at \(buffer.count)")
        guard size > 1 else { return }
        func block(_ rank: Int) -> Range<Int> { offsets[rank]..<offsets[rank + 1] }
        if offsets[size] <= Self.directLimit {
            let own = UnsafeRawBufferPointer(rebasing: buffer[block(rank)])
            let others = (1..<size).map { (rank + $0) % size }
            try exchange(
                own.isEmpty ? [] : others.map { ($0, own) },
                others.filter { !block($0).isEmpty }
                    .map { ($0, UnsafeMutableRawBufferPointer(rebasing: buffer[block($0)])) },
                tag: nextTag(.exchange))
        } else {
            try ringPass(.gather, group: nil, base: buffer.baseAddress!) { block($0) }
        }
    }

    /// The bytes of every rank, in rank order.
    public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var counts = [Int](repeating: 0, count: size)
        counts[rank] = bytes.count
        try counts.withUnsafeMutableBytes { try allGather(inPlace: $0, offsets: (0...size).map { $0 * 8 }) }
        var offsets = [0]
        for count in counts { offsets.append(offsets.last! + count) }
        var all = [UInt8](repeating: 0, count: offsets[size])
        all.replaceSubrange(offsets[rank]..<offsets[rank + 1], with: bytes)
        try all.withUnsafeMutableBytes { try allGather(inPlace: $0, offsets: offsets) }
        return (0..<size).map { Array(all[offsets[$0]..<offsets[$0 + 1]]) }
    }

    /// The bytes of every rank in rank order on `root`, nothing elsewhere.
    public func gather(_ bytes: [UInt8], to root: Int = 0) throws -> [[UInt8]] {
        var counts = [Int](repeating: 0, count: size)
        counts[rank] = bytes.count
        try counts.withUnsafeMutableBytes { try allGather(inPlace: $0, offsets: (0...size).map { $0 * 8 }) }
        let tag = nextTag(.exchange)
        guard rank == root else {
            if !bytes.isEmpty { try bytes.withUnsafeBytes { try exchange([(root, $0)], [], tag: tag) } }
            return []
        }
        var blocks = counts.map { [UInt8](repeating: 0, count: $0) }
        blocks[root] = bytes
        for peer in 0..<size where peer != root && counts[peer] > 0 {
            try blocks[peer].withUnsafeMutableBytes { try exchange([], [(peer, $0)], tag: tag) }
        }
        return blocks
    }

    /// The bytes that `root` holds, on every rank; what other ranks pass is ignored.
    public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws -> [UInt8] {
        try allGather(rank == root ? bytes : [])[root]
    }

    /// Replaces each element by its sum over ranks, added in rank order: the same bits on every rank. For a few numbers.
    public func allReduceSum(_ values: UnsafeMutableBufferPointer<Double>) throws {
        guard size > 1, !values.isEmpty else { return }
        let stride = values.count * MemoryLayout<Double>.stride
        if scratch.count < stride * size {
            scratch.deallocate()
            scratch = .allocate(byteCount: stride * size, alignment: 64)
        }
        let own = UnsafeMutableRawBufferPointer(rebasing: scratch[rank * stride..<(rank + 1) * stride])
        own.copyMemory(from: UnsafeRawBufferPointer(values))
        try allGather(inPlace: scratch, offsets: (0...size).map { $0 * stride })
        let all = scratch.assumingMemoryBound(to: Double.self)
        for index in values.indices {
            var sum = all[index]
            for peer in 1..<size { sum += all[peer * values.count + index] }
            values[index] = sum
        }
    }

    /// The sums over ranks of `values`.
    public func allReduceSum(_ values: [Double]) throws -> [Double] {
        var sums = values
        try sums.withUnsafeMutableBufferPointer { try allReduceSum($0) }
        return sums
    }
}
