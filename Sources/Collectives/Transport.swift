public import Runtime

/// A message on its way: a slot in its transport's table.
public struct Request: Sendable, Equatable {
    public let slot: Int

    public init(slot: Int) { self.slot = slot }

    /// A message that needs no sending.
    public static let completed = Request(slot: -1)
}

/// Which rank runs on which node.
public struct Topology: Sendable, Equatable {
    /// Node of each rank, numbered from 0 in the order of their lowest ranks.
    public let nodes: [Int]

    /// - Parameter nodes: any labels; equal labels are one node.
    public init(nodes labels: [Int]) {
        var numbers: [Int: Int] = [:]
        nodes = labels.map { label in
            if let number = numbers[label] { return number }
            numbers[label] = numbers.count
            return numbers.count - 1
        }
    }

    public var nodeCount: Int { (nodes.max() ?? -1) + 1 }

    /// The ranks of a node, ascending: the position in it is the node-local rank.
    public func ranks(onNode node: Int) -> [Int] { nodes.indices.filter { nodes[$0] == node } }

    /// How many ranks the node of a rank has.
    public func sharers(of rank: Int) -> Int { nodes.count { $0 == nodes[rank] } }

    public func localRank(of rank: Int) -> Int { nodes[..<rank].count { $0 == nodes[rank] } }

    /// Whether every node has as many ranks as the others.
    public var isUniform: Bool { Set((0..<nodeCount).map { ranks(onNode: $0).count }).count <= 1 }
}

/// Point-to-point messages between the ranks of a job; everything else is built on top.
///
/// One thread calls a transport, from its creation to `close`. Between two ranks, messages of one tag arrive in the
/// order sent. Nothing blocks, and a request may make progress only while its owner calls `test` or `progress`.
public protocol Transport: AnyObject, Sendable {
    var rank: Int { get }
    var size: Int { get }
    var topology: Topology { get }

    /// Starts sending; `bytes` must stay unchanged until `test` says true.
    func send(_ bytes: UnsafeRawBufferPointer, to peer: Int, tag: Int32) throws(CommunicationError.Cause) -> Request
    /// Starts receiving exactly `bytes.count` bytes; `bytes` must not be read or freed until `test` says true.
    func receive(_ bytes: UnsafeMutableRawBufferPointer, from peer: Int, tag: Int32) throws(CommunicationError.Cause)
        -> Request
    /// Whether the message is complete; the request is spent when it is.
    func test(_ request: Request) throws(CommunicationError.Cause) -> Bool
    /// Moves pending messages on, for a thread that waits for something else.
    func progress() throws(CommunicationError.Cause)
    /// Ends the whole job with `code`, not waiting for anybody.
    func abort(_ code: ExitCode)
    /// Leaves the job in good order; collective, and the last call.
    func close() throws(CommunicationError.Cause)
}
