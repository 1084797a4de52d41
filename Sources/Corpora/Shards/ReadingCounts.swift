import Runtime

/// Why a sample is read: what is fetched out of turn costs more, and is counted apart.
public enum ReadPurpose: Sendable, CaseIterable {
    /// The order of samples names it.
    case order
    /// For the sake of another sample: as its relative, or in the place of one that can't be used.
    case relative
}

/// What a corpus has read since it was opened.
public struct ReadingCounts: Sendable, Equatable {
    /// Bytes, decompressed.
    public struct Bytes: Sendable, Equatable {
        /// Of the frames that were read.
        public var read: Int
        /// Of the samples that were asked for.
        public var used: Int

        public init(read: Int = 0, used: Int = 0) {
            self.read = read
            self.used = used
        }

        /// Bytes read for each byte used; nil when nothing was.
        public var amplification: Double? { used > 0 ? Double(read) / Double(used) : nil }
    }

    /// Samples in their order.
    public var order: Bytes
    /// Samples fetched for others.
    public var relatives: Bytes
    /// Reads that failed and were tried again.
    public var retries: Int

    public init(order: Bytes = Bytes(), relatives: Bytes = Bytes(), retries: Int = 0) {
        self.order = order
        self.relatives = relatives
        self.retries = retries
    }

    public static func + (a: ReadingCounts, b: ReadingCounts) -> ReadingCounts {
        func sum(_ a: Bytes, _ b: Bytes) -> Bytes { Bytes(read: a.read + b.read, used: a.used + b.used) }
        return ReadingCounts(
            order: sum(a.order, b.order), relatives: sum(a.relatives, b.relatives), retries: a.retries + b.retries)
    }
}

/// Adds up what several threads read.
final class ReadingMeter: @unchecked Sendable {
    // Safety: `sums` is touched only while `monitor` is locked.
    private let monitor = Monitor()
    private var sums = ReadingCounts()

    var counts: ReadingCounts { monitor.locked { sums } }

    func add(read bytes: Int, for purpose: ReadPurpose) { monitor.locked { sums[purpose].read += bytes } }
    func add(used bytes: Int, for purpose: ReadPurpose) { monitor.locked { sums[purpose].used += bytes } }
    func addRetry() { monitor.locked { sums.retries += 1 } }
}

extension ReadingCounts {
    fileprivate subscript(purpose: ReadPurpose) -> Bytes {
        get { purpose == .order ? order : relatives }
        set { if purpose == .order { order = newValue } else { relatives = newValue } }
    }
}
