import Glibc

/// Memory that passes of the ring receive into, kept from one to the next.
final class RingBuffers {
    /// Bytes of one message at most.
    static let segment = 512 << 10
    /// Messages in flight each way.
    static let depth = 4

    private(set) lazy var memory = UnsafeMutableRawPointer.allocate(
        byteCount: Self.segment * Self.depth, alignment: 4096)
    private var isUsed = false

    func slot(_ index: Int) -> UnsafeMutableRawPointer {
        isUsed = true
        return memory + (index % Self.depth) * Self.segment
    }

    deinit { if isUsed { memory.deallocate() } }
}

/// One half of the segmented ring all-reduce: reduce-scatter (after which the rank at position p of the group holds
/// piece p summed) or all-gather (after which everybody holds all the pieces).
///
/// A pass is (G − 1) rounds of K segments. In round s the rank at position p sends piece p − s − shift and receives
/// piece p − s − shift − 1 (mod G): the piece it sends in the next round. A segment is sent on as soon as it has
/// arrived, so that rounds overlap. The order of additions is fixed by the piece alone.
struct RingPass {
    enum Kind {
        case reduce
        case gather
    }

    let kind: Kind
    let transport: any Transport
    let buffers: RingBuffers
    let tag: Int32
    /// Ranks in ring order, and the place of this rank among them.
    let group: [Int]
    let position: Int
    let base: UnsafeMutableRawPointer
    /// Byte ranges by position in the group.
    let pieces: [Range<Int>]
    private let segmentBytes: Int
    private let segments: Int
    private let messages: Int

    private var received = 0
    private var receivesPosted = 0
    private var sent = 0
    private var sendsPosted = 0
    private var receiveRequests = [Request](repeating: .completed, count: RingBuffers.depth)
    private var sendRequests = [Request](repeating: .completed, count: RingBuffers.depth)

    init(
        _ kind: Kind, transport: any Transport, buffers: RingBuffers, tag: Int32, group: [Int],
        base: UnsafeMutableRawPointer, pieces: [Range<Int>]
    ) {
        self.kind = kind
        self.transport = transport
        self.buffers = buffers
        self.tag = tag
        self.group = group
        self.base = base
        self.pieces = pieces
        position = group.firstIndex(of: transport.rank)!
        let longest = pieces.map(\.count).max() ?? 0
        // Short pieces are cut too, for the overlap, but not below what a message costs.
        let quarter = (longest / RingBuffers.depth + 63) / 64 * 64
        segmentBytes = min(max(quarter, 64 << 10), RingBuffers.segment)
        segments = (longest + segmentBytes - 1) / segmentBytes
        messages = (group.count - 1) * segments
    }

    private func range(_ message: Int, back: Int) -> Range<Int> {
        let count = group.count
        let shift = (kind == .reduce ? 1 : 0) + message / segments + back
        let piece = pieces[((position - shift) % count + count) % count]
        let lower = min(piece.lowerBound + (message % segments) * segmentBytes, piece.upperBound)
        return lower..<min(lower + segmentBytes, piece.upperBound)
    }

    private func outgoing(_ message: Int) -> Range<Int> { range(message, back: 0) }
    private func incoming(_ message: Int) -> Range<Int> { range(message, back: 1) }

    var waitsFor: String {
        let half = kind == .reduce ? "reduce-scatter" : "all-gather"
        if received < messages {
            return "rank \(group[(position + group.count - 1) % group.count]) to send message \(received + 1) of "
                + "\(messages) (ring \(half))"
        }
        return "rank \(group[(position + 1) % group.count]) to take message \(sent + 1) of \(messages) (ring \(half))"
    }

    /// Posts what can be posted and takes in what has come.
    mutating func attempt() throws(CommunicationError.Cause) -> Communicator.Attempt {
        if received == messages && sent == messages { return .finished }
        try post()
        var hasMoved = false
        while received < receivesPosted, try transport.isComplete(receiveRequests[received % RingBuffers.depth]) {
            take(incoming(received))
            received += 1
            hasMoved = true
        }
        while sent < sendsPosted, try transport.isComplete(sendRequests[sent % RingBuffers.depth]) {
            sent += 1
            hasMoved = true
        }
        return hasMoved ? .moved : .stuck
    }

    private mutating func post() throws(CommunicationError.Cause) {
        let depth = RingBuffers.depth
        while receivesPosted < messages && receivesPosted < received + depth {
            let range = incoming(receivesPosted)
            let target = kind == .reduce ? buffers.slot(receivesPosted) : base + range.lowerBound
            receiveRequests[receivesPosted % depth] =
                range.isEmpty
                ? .completed
                : try transport.receive(
                    UnsafeMutableRawBufferPointer(start: target, count: range.count),
                    from: group[(position + group.count - 1) % group.count], tag: tag)
            receivesPosted += 1
        }
        // A segment of a later round is the one received in the round before.
        while sendsPosted < messages && sendsPosted < sent + depth && sendsPosted - segments < received {
            let range = outgoing(sendsPosted)
            sendRequests[sendsPosted % depth] =
                range.isEmpty
                ? .completed
                : try transport.send(
                    UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count),
                    to: group[(position + 1) % group.count], tag: tag)
            sendsPosted += 1
        }
    }

    private func take(_ range: Range<Int>) {
        guard kind == .reduce, !range.isEmpty else { return }
        let stride = MemoryLayout<Float>.stride
        add(
            buffers.slot(received).assumingMemoryBound(to: Float.self),
            to: (base + range.lowerBound).assumingMemoryBound(to: Float.self), count: range.count / stride)
    }
}

extension Transport {
    fileprivate func isComplete(_ request: Request) throws(CommunicationError.Cause) -> Bool {
        request == .completed ? true : try test(request)
    }
}

extension Communicator {
    /// Runs one half of the ring over `group` (all ranks when nil); `piece` gives the byte range of a position.
    func ringPass(
        _ kind: RingPass.Kind, group: [Int]?, base: UnsafeMutableRawPointer, piece: (Int) -> Range<Int>
    ) throws {
        let group = group ?? Array(0..<size)
        let tag = nextTag(kind == .reduce ? .ringReduce : .ringGather)
        guard group.count > 1 else { return }
        var pass = RingPass(
            kind, transport: transport, buffers: ringBuffers, tag: tag, group: group, base: base,
            pieces: group.indices.map(piece))
        try drive {
            pass.waitsFor
        } _: { () throws(CommunicationError.Cause) in
            try pass.attempt()
        }
    }
}
