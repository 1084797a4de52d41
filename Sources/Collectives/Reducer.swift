/// How gradients are summed over ranks.
public enum Reduction: String, Sendable, CaseIterable {
    /// A segmented ring of messages through all the ranks.
    case ring
    /// In place in shared memory; the ranks of one node.
    case window
    /// `window` inside a node and rings between nodes.
    case auto
}

/// Sums ranges of a region of Float32 elements over all ranks. Rank r owns piece r of every range: the two halves
/// (`reduceScatter`, then `allGather`) meet there whatever the way of reduction, and bits depend only on that way.
public final class Reducer {
    /// The way in effect, which may differ from the one asked for.
    public let reduction: Reduction
    /// Why it differs, as a sentence.
    public let note: String?

    private let communicator: Communicator
    private let region: SharedRegion
    private let window: NodeWindow?
    /// Ranks with this rank's node-local number, one per node.
    private let column: [Int]

    /// Collective. Shared memory that cannot be mapped leads to the ring, with a note.
    public init(_ requested: Reduction, region: SharedRegion, communicator: Communicator) throws {
        self.communicator = communicator
        self.region = region
        let topology = communicator.transport.topology
        let rank = communicator.rank
        var found: (reduction: Reduction, note: String?) = (requested, nil)
        var window: NodeWindow?
        if communicator.size > 1 && requested != .ring {
            if !topology.isUniform {
                found = (.ring, "the nodes have unequal numbers of ranks, so gradients go round one ring of all ranks")
            } else {
                window = try NodeWindow.open(region, communicator: communicator)
                if window == nil {
                    found = (
                        .ring,
                        "ranks of one node cannot map each other's memory (separate containers, or /proc is hidden), "
                            + "so gradients go round a ring of messages, at about half the speed"
                    )
                } else if requested == .window && topology.nodeCount > 1 {
                    found = (.auto, "shared memory ends at the node, so rings join the \(topology.nodeCount) nodes")
                }
            }
        }
        (reduction, note) = found
        self.window = window
        let local = topology.localRank(of: rank)
        column =
            window == nil
            ? Array(0..<communicator.size)
            : (0..<topology.nodeCount).map { topology.ranks(onNode: $0)[local] }
    }

    /// The elements of `range` that `rank` owns: equal pieces of whole cache lines, the last ones shorter or empty where
    /// the length is no multiple of 16 · R.
    public static func piece(_ rank: Int, of range: Range<Int>, ranks: Int) -> Range<Int> {
        let length = (range.count + 16 * ranks - 1) / (16 * ranks) * 16
        let lower = min(range.lowerBound + rank * length, range.upperBound)
        return lower..<min(lower + length, range.upperBound)
    }

    /// Leaves the sums over all ranks in the range, on every rank.
    public func allReduce(_ range: Range<Int>) throws {
        check(range)
        guard communicator.size > 1, !range.isEmpty else { return }
        if let window, column.count == 1 {
            try window.begin(range)
            window.sumIntoAll(piece(communicator.rank, range))
            return try window.end()
        }
        try reduceScatter(range)
        try allGather(range)
    }

    /// Leaves the sums over all ranks in the piece that this rank owns; the rest of the range is undefined afterwards.
    public func reduceScatter(_ range: Range<Int>) throws {
        check(range)
        guard communicator.size > 1, !range.isEmpty else { return }
        if let window {
            try window.begin(range)
            for rank in column { window.sumIntoOwn(piece(rank, range)) }
            try window.end()
        }
        try ring(.reduce, range)
    }

    /// Spreads every rank's own piece to all ranks.
    public func allGather(_ range: Range<Int>) throws {
        check(range)
        guard communicator.size > 1, !range.isEmpty else { return }
        try ring(.gather, range)
        if let window {
            try window.begin(range)
            for rank in column { window.copyToOthers(piece(rank, range)) }
            try window.end()
        }
    }

    private func ring(_ kind: RingPass.Kind, _ range: Range<Int>) throws {
        guard column.count > 1 else { return }
        try communicator.ringPass(kind, group: column, base: region.base) { position in
            let piece = piece(column[position], range)
            return piece.lowerBound * 4..<piece.upperBound * 4
        }
    }

    private func piece(_ rank: Int, _ range: Range<Int>) -> Range<Int> {
        Self.piece(rank, of: range, ranks: communicator.size)
    }

    private func check(_ range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= region.byteCount / 4,
            "the range \(range) is outside the region of \(region.byteCount / 4) elements")
    }
}
