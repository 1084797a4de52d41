import Glibc

/// The regions of all ranks of a node, mapped by each of them, and the words by which they keep in step: no message is
/// sent. Every rank reduces its own pieces in place, reading and writing all the regions.
final class NodeWindow {
    /// Ranks of the node in node-local order, this one included.
    let ranks: [Int]
    let localRank: Int

    private let communicator: Communicator
    private let region: SharedRegion
    private let controls: [RegionControl]
    private let mappings: [UnsafeMutableRawPointer?]
    /// First element of each rank's region.
    private let floats: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let block: UnsafeMutablePointer<Float>
    private var sequence: UInt64

    /// Elements summed at once where there are more than two ranks: 64 KB.
    private static let blockCount = 16 << 10

    /// Where a peer finds a region: fixed-size words, so that they gather in one message.
    private struct Address {
        var process: Int64
        var descriptor: Int64
        var byteCount: Int64
        var token: UInt64
        /// The last number that an earlier window of the region used.
        var sequence: UInt64
    }

    /// Maps the regions of the node's ranks; collective over the whole job, since all must agree on the outcome.
    ///
    /// Returns nil, on every rank, when some rank could not map the region of a neighbour.
    static func open(_ region: SharedRegion, communicator: Communicator) throws -> NodeWindow? {
        var addresses = [Address](
            repeating: Address(process: 0, descriptor: 0, byteCount: 0, token: 0, sequence: 0), count: communicator.size
        )
        addresses[communicator.rank] = Address(
            process: Int64(getpid()), descriptor: Int64(region.descriptor), byteCount: Int64(region.byteCount),
            token: region.control.token.load(), sequence: region.control.ready.load())
        let stride = MemoryLayout<Address>.stride
        try addresses.withUnsafeMutableBytes {
            try communicator.allGather(inPlace: $0, offsets: (0...communicator.size).map { $0 * stride })
        }
        let topology = communicator.transport.topology
        let ranks = topology.ranks(onNode: topology.nodes[communicator.rank])
        var bases: [UnsafeMutableRawPointer] = []
        var mappings: [UnsafeMutableRawPointer?] = []
        for rank in ranks {
            let mapping = rank == communicator.rank ? nil : map(addresses[rank], bytes: region.byteCount)
            mappings.append(mapping)
            if let base = rank == communicator.rank ? region.base : mapping { bases.append(base) }
        }
        let failures = try communicator.allReduceSum([Double(ranks.count - bases.count)])[0]
        guard failures == 0 else {
            for mapping in mappings { unmap(mapping, region) }
            return nil
        }
        let sequence = ranks.map { addresses[$0].sequence }.max()!
        return NodeWindow(communicator, region, ranks: ranks, bases: bases, mappings: mappings, sequence: sequence)
    }

    private init(
        _ communicator: Communicator, _ region: SharedRegion, ranks: [Int], bases: [UnsafeMutableRawPointer],
        mappings: [UnsafeMutableRawPointer?], sequence: UInt64
    ) {
        self.communicator = communicator
        self.region = region
        self.ranks = ranks
        self.mappings = mappings
        localRank = ranks.firstIndex(of: communicator.rank)!
        let controlOffset = SharedRegion.mappedBytes(for: region.byteCount) - SharedRegion.pageSize
        controls = bases.map { RegionControl(page: $0 + controlOffset) }
        floats = .allocate(capacity: ranks.count)
        for (index, base) in bases.enumerated() {
            (floats + index).initialize(to: base.assumingMemoryBound(to: Float.self))
        }
        block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockCount * 4, alignment: 4096)
            .assumingMemoryBound(to: Float.self)
        self.sequence = sequence
    }

    deinit {
        for mapping in mappings { Self.unmap(mapping, region) }
        floats.deallocate()
        block.deallocate()
    }

    private static func map(_ address: Address, bytes: Int) -> UnsafeMutableRawPointer? {
        guard address.descriptor >= 0, address.byteCount == Int64(bytes) else { return nil }
        let descriptor = Glibc.open("/proc/\(address.process)/fd/\(address.descriptor)", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        // In another container the same numbers may mean another file: size and token tell.
        let mapped = SharedRegion.mappedBytes(for: bytes)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size == mapped,
            let base = try? SharedRegion.map(descriptor, bytes: mapped)
        else { return nil }
        guard RegionControl(page: base + (mapped - SharedRegion.pageSize)).token.load() == address.token else {
            munmap(base, mapped)
            return nil
        }
        return base
    }

    private static func unmap(_ mapping: UnsafeMutableRawPointer?, _ region: SharedRegion) {
        if let mapping { munmap(mapping, SharedRegion.mappedBytes(for: region.byteCount)) }
    }

    // MARK: - Keeping in step

    /// Announces this rank's data and waits until every neighbour's is ready, for the same range of the same operation.
    func begin(_ range: Range<Int>) throws {
        sequence += 1
        let tag = UInt64(communicator.nextTag(.window))
        let subject = (UInt64(range.lowerBound) &* 31 &+ UInt64(range.upperBound)) << 15 | tag
        controls[localRank].subject.store(subject)
        controls[localRank].ready.store(sequence)
        try wait(for: "to have its part ready") { $0.ready.load() >= sequence }
        if let other = controls.firstIndex(where: { $0.subject.load() != subject }) {
            throw communicator.located(
                .transport(
                    call: "meeting rank \(ranks[other]) in shared memory",
                    message: "it is at another operation than this rank at elements \(range)"))
        }
    }

    /// Announces that this rank's part is done and waits for the neighbours.
    func end() throws {
        controls[localRank].finished.store(sequence)
        try wait(for: "to reduce its piece") { $0.finished.load() >= sequence }
    }

    private func wait(for what: String, _ isDone: (RegionControl) -> Bool) throws {
        var next = 0
        try communicator.drive {
            "rank \(ranks[next]) \(what) (shared memory)"
        } _: {
            if next == ranks.count { return .finished }
            guard isDone(controls[next]) else { return .stuck }
            next += 1
            return .moved
        }
    }

    // MARK: - Arithmetic

    /// Sums the elements over the node's regions, in rank order, and writes the sums to all of them.
    func sumIntoAll(_ range: Range<Int>) {
        guard ranks.count > 1 else { return }
        guard ranks.count > 2 else {
            return sumBoth(floats[0] + range.lowerBound, floats[1] + range.lowerBound, count: range.count)
        }
        eachBlock(range) { offset, count in
            sumBlock(offset, count)
            for peer in 0..<ranks.count { (floats[peer] + offset).update(from: block, count: count) }
        }
    }

    /// Sums the elements over the node's regions, in rank order, into this rank's region.
    func sumIntoOwn(_ range: Range<Int>) {
        guard ranks.count > 1 else { return }
        eachBlock(range) { offset, count in
            sumBlock(offset, count)
            (floats[localRank] + offset).update(from: block, count: count)
        }
    }

    /// Copies the elements from this rank's region to the neighbours'.
    func copyToOthers(_ range: Range<Int>) {
        for peer in 0..<ranks.count where peer != localRank {
            (floats[peer] + range.lowerBound).update(from: floats[localRank] + range.lowerBound, count: range.count)
        }
    }

    private func sumBlock(_ offset: Int, _ count: Int) {
        sum(floats[0] + offset, floats[1] + offset, into: block, count: count)
        for peer in 2..<max(ranks.count, 2) { add(floats[peer] + offset, to: block, count: count) }
    }

    private func eachBlock(_ range: Range<Int>, _ body: (_ offset: Int, _ count: Int) -> Void) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(Self.blockCount, range.upperBound - offset)
            body(offset, count)
            offset += count
        }
    }
}
