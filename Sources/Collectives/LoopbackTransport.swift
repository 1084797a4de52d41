import Glibc
public import Runtime
import Synchronization

/// The in-memory twin of a cluster: ranks are threads of one process. It can pretend several nodes, delay messages and
/// let a rank die.
public final class LoopbackHub: @unchecked Sendable {
    // Safety: everything mutable is touched only while `monitor` is locked.
    let topology: Topology
    private let monitor = Monitor()
    private let delays: ClosedRange<Double>
    private var generator: RandomStream
    private var queues: [Route: [LoopbackMessage]] = [:]
    private var dead: Set<Int> = []
    private var end: CommunicationError.Cause?

    private struct Route: Hashable {
        let source: Int
        let target: Int
        let tag: Int32
    }

    /// - Parameters:
    ///   - nodes: the node of each rank; all on one when nil.
    ///   - delays: seconds that a message travels, drawn uniformly.
    public init(ranks: Int, nodes: [Int]? = nil, delays: ClosedRange<Double> = 0...0, seed: UInt64 = 0) {
        precondition(ranks > 0, "a job needs a rank, got \(ranks)")
        precondition(nodes == nil || nodes?.count == ranks, "\(ranks) ranks need as many node labels")
        topology = Topology(nodes: nodes ?? Array(repeating: 0, count: ranks))
        self.delays = delays
        generator = RandomKey(seed: seed, purpose: .test).stream
    }

    public func transport(_ rank: Int) -> LoopbackTransport { LoopbackTransport(hub: self, rank: rank) }

    /// From now on the rank sends and receives nothing, as if its process had died.
    public func kill(_ rank: Int) { _ = monitor.locked { dead.insert(rank) } }

    /// Runs `body` on one thread per rank and returns what each returned or threw, in rank order.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (LoopbackTransport) throws -> Result
    ) -> [Swift.Result<Result, any Error>] {
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        let threads = topology.nodes.indices.map { rank in
            Thread(name: "rank-\(rank)") {
                let transport = self.transport(rank)
                let result = Swift.Result { try body(transport) }
                results.withLock { $0[rank] = result }
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { results in topology.nodes.indices.map { results[$0]! } }
    }

    func post(_ message: LoopbackMessage, from source: Int, to target: Int, tag: Int32)
        throws(CommunicationError.Cause)
    {
        let failure: CommunicationError.Cause? = monitor.locked {
            if let end { return end }
            if dead.contains(source) || dead.contains(target) { return nil }
            let span = delays.upperBound - delays.lowerBound
            let delay = delays.lowerBound + span * Double(generator.uniform())
            message.arrival = delay > 0 ? Clock.seconds + delay : 0
            queues[Route(source: source, target: target, tag: tag), default: []].append(message)
            return nil
        }
        if let failure { throw failure }
    }

    /// Whether a message was there; its bytes are in `buffer` then.
    func take(from source: Int, to target: Int, tag: Int32, into buffer: UnsafeMutableRawBufferPointer)
        throws(CommunicationError.Cause) -> Bool
    {
        let outcome: Swift.Result<Bool, CommunicationError.Cause> = monitor.locked {
            if let end { return .failure(end) }
            if dead.contains(target) { return .success(false) }
            let route = Route(source: source, target: target, tag: tag)
            guard let message = queues[route]?.first, message.arrival == 0 || message.arrival <= Clock.seconds else {
                return .success(false)
            }
            queues[route]?.removeFirst()
            if queues[route]?.isEmpty == true { queues[route] = nil }
            message.isTaken = true
            guard message.bytes.count == buffer.count else {
                return .failure(
                    .transport(
                        call: "receiving from rank \(source)",
                        message: "expected \(buffer.count) bytes, found \(message.bytes.count)"))
            }
            buffer.copyMemory(from: message.bytes)
            return .success(true)
        }
        return try outcome.get()
    }

    func isTaken(_ message: LoopbackMessage) throws(CommunicationError.Cause) -> Bool {
        let outcome: Swift.Result<Bool, CommunicationError.Cause> = monitor.locked {
            if message.isOwned || message.isTaken { return .success(true) }
            return end.map { .failure($0) } ?? .success(false)
        }
        return try outcome.get()
    }

    func abort(byRank rank: Int, code: Int32) {
        monitor.locked { if end == nil { end = .aborted(byRank: rank, code: code) } }
    }

    /// Drops what the rank has sent and nobody has taken: its buffers are about to go.
    func withdraw(_ rank: Int) {
        monitor.locked {
            for route in queues.keys where route.source == rank {
                queues[route]?.removeAll { !$0.isOwned }
            }
        }
    }
}

/// A message on its way. Small ones are copied when sent; large ones stay in the sender's buffer until taken, as real
/// transports do it, so that a buffer changed too early shows.
final class LoopbackMessage: @unchecked Sendable {
    // Safety: the hub touches the mutable properties only while it is locked.
    static let eagerLimit = 4096
    let bytes: UnsafeRawBufferPointer
    let isOwned: Bool
    var arrival = 0.0
    var isTaken = false

    init(_ source: UnsafeRawBufferPointer) {
        isOwned = source.count <= Self.eagerLimit
        if isOwned {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
            copy.copyMemory(from: source)
            bytes = UnsafeRawBufferPointer(copy)
        } else {
            bytes = source
        }
    }

    deinit { if isOwned { bytes.deallocate() } }
}

/// One rank of a `LoopbackHub`.
public final class LoopbackTransport: Transport, @unchecked Sendable {
    // Safety: the table of requests is touched only by the one thread that owns the transport.
    public let rank: Int
    public var size: Int { hub.topology.nodes.count }
    public var topology: Topology { hub.topology }

    private enum Entry {
        case free
        case send(LoopbackMessage)
        case receive(source: Int, tag: Int32, buffer: UnsafeMutableRawBufferPointer)
    }

    public let hub: LoopbackHub
    private var entries: [Entry] = []

    init(hub: LoopbackHub, rank: Int) {
        precondition(hub.topology.nodes.indices.contains(rank), "rank \(rank) of \(hub.topology.nodes.count)")
        self.hub = hub
        self.rank = rank
    }

    deinit { hub.withdraw(rank) }

    /// The whole job in one rank: what a start without a launcher uses.
    public static func alone() -> LoopbackTransport { LoopbackHub(ranks: 1).transport(0) }

    public func send(
        _ bytes: UnsafeRawBufferPointer, to peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        let message = LoopbackMessage(bytes)
        try hub.post(message, from: rank, to: peer, tag: tag)
        return store(.send(message))
    }

    public func receive(
        _ bytes: UnsafeMutableRawBufferPointer, from peer: Int, tag: Int32
    ) throws(CommunicationError.Cause) -> Request {
        store(.receive(source: peer, tag: tag, buffer: bytes))
    }

    public func test(_ request: Request) throws(CommunicationError.Cause) -> Bool {
        let isDone: Bool
        switch entries[request.slot] {
        case .free: preconditionFailure("request \(request.slot) was already complete")
        case .send(let message): isDone = try hub.isTaken(message)
        case .receive(let source, let tag, let buffer):
            isDone = try hub.take(from: source, to: rank, tag: tag, into: buffer)
        }
        if isDone { entries[request.slot] = .free }
        return isDone
    }

    public func progress() throws(CommunicationError.Cause) {}

    public func abort(_ code: ExitCode) { hub.abort(byRank: rank, code: code.rawValue) }

    public func close() throws(CommunicationError.Cause) { hub.withdraw(rank) }

    private func store(_ entry: Entry) -> Request {
        let free = entries.firstIndex { if case .free = $0 { true } else { false } }
        if let free {
            entries[free] = entry
            return Request(slot: free)
        }
        entries.append(entry)
        return Request(slot: entries.count - 1)
    }
}
