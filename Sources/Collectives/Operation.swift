/// One communication of a training step. Every rank has the same list of them and executes it in list order.
public enum Operation: Sendable, Equatable {
    /// A small vector of Float64 becomes its sum over ranks, in place.
    case sum(name: String, count: Int)
    /// Ragged rows: `counts[r]` Float32 elements of rank r, one after another, on every rank.
    case gather(name: String, counts: [Int])
    /// A range of elements of the attached gradient region becomes its sum over ranks, in place.
    case reduce(name: String, range: Range<Int>)
    case barrier(name: String)

    public var name: String {
        switch self {
        case .sum(let name, _), .gather(let name, _), .reduce(let name, _), .barrier(let name): name
        }
    }
}

/// What an operation reads and writes; the memory belongs to the submitter and must live until the operation is done.
struct OperationBuffers: @unchecked Sendable {
    // Safety: between `submit` and the end of the operation only the communication thread uses the memory.
    var sums: UnsafeMutableBufferPointer<Double>?
    var rows: UnsafeBufferPointer<Float>?
    var gathered: UnsafeMutableBufferPointer<Float>?
}

extension Communicator {
    /// Executes one operation.
    func execute(_ operation: Operation, _ buffers: OperationBuffers, reducer: Reducer?) throws {
        switch operation {
        case .barrier: try barrier()
        case .sum: try allReduceSum(buffers.sums!)
        case .reduce(_, let range): try reducer!.allReduce(range)
        case .gather(_, let counts): try gatherRows(counts, buffers.rows!, into: buffers.gathered!)
        }
    }

    private func gatherRows(
        _ counts: [Int], _ rows: UnsafeBufferPointer<Float>, into gathered: UnsafeMutableBufferPointer<Float>
    ) throws {
        var offset = 0
        rowOffsets.removeAll(keepingCapacity: true)
        for (peer, count) in counts.enumerated() {
            rowOffsets.append(offset * 4)
            if peer == rank { place(rows, at: offset, of: gathered) }
            offset += count
        }
        rowOffsets.append(offset * 4)
        try allGather(inPlace: UnsafeMutableRawBufferPointer(gathered), offsets: rowOffsets)
    }

    private func place(
        _ rows: UnsafeBufferPointer<Float>, at offset: Int, of gathered: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = rows.baseAddress, let target = gathered.baseAddress, !rows.isEmpty else { return }
        // Rows that were computed in place are there already.
        if UnsafePointer(target + offset) != source { (target + offset).update(from: source, count: rows.count) }
    }
}
