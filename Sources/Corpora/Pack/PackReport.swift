import Runtime

/// How far packing is.
public struct PackProgress: Sendable, Equatable {
    /// Samples looked at: packed, rejected, left out.
    public var seen = 0
    public var packed = 0
    public var rejected = 0
    /// Bytes of finished shards.
    public var bytes: UInt64 = 0
    /// Bytes of the sources read so far, and of all of them.
    public var consumed: UInt64 = 0
    public var total: UInt64 = 0

    public init() {}
}

/// What a source was found to be.
public struct DetectedSource: Sendable, Equatable {
    public var path: String
    /// In words.
    public var format: String
    /// Files that are read, and bytes of all files.
    public var files: Int
    public var bytes: UInt64
    /// Files of a folder that are not read and belong to none that is, by extension.
    public var passedOver: [String: Int] = [:]

    /// The most frequent extensions of what is not read, such as `3 .csv, 1 without an extension`; nil when all is.
    public var passedOverText: String? {
        let most = passedOver.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = most.prefix(4).map { "\($0.value) \($0.key.isEmpty ? "without an extension" : ".\($0.key)")" }
        guard !shown.isEmpty else { return nil }
        let others = most.dropFirst(4).reduce(0) { $0 + $1.value }
        return (shown + (others > 0 ? ["\(others) others"] : [])).joined(separator: ", ")
    }
}

/// What the packer says before and while it works.
public enum PackNotice: Sendable, Equatable {
    case detected(DetectedSource)
    /// Packing goes on after what an earlier attempt has finished.
    case resuming(shards: Int, samples: Int)
    /// The earlier attempt had finished but for its last step.
    case finished
}

/// Samples counted by what became of them.
struct PackCounts: Sendable, Equatable, Codable {
    /// Paths and reasons kept for a report; beyond, only the number.
    static let listLimit = 100

    var seen = 0
    var packed = 0
    var heldBack = 0
    var failedDownloads = 0
    var unpaired: [String] = []
    var unpairedCount = 0
    var rejected: [RejectedSource] = []
    var rejectedCount = 0
    /// By the reason's name.
    var leftOut: [String: LeftOut] = [:]

    mutating func leaveOut(_ reason: LeftOutReason, _ path: String) {
        leftOut[reason.rawValue, default: LeftOut()].add(path)
    }

    mutating func reject(_ source: RejectedSource) {
        rejectedCount += 1
        if rejected.count < Self.listLimit { rejected.append(source) }
    }

    var leftOutByReason: [LeftOutReason: LeftOut] {
        Dictionary(
            uniqueKeysWithValues: leftOut.compactMap { name, found in
                LeftOutReason(rawValue: name).map { ($0, found) }
            })
    }

    mutating func countUnpaired(_ path: String) {
        unpairedCount += 1
        if unpaired.count < Self.listLimit { unpaired.append(path) }
    }
}

/// What was packed and what was not.
public struct PackReport: Sendable, Equatable {
    public var sources: [DetectedSource] = []
    public var samples = 0
    public var shards = 0
    /// Shards that an earlier attempt had finished.
    public var resumedShards = 0
    /// Bytes of all shards.
    public var bytes: UInt64 = 0
    /// Samples of the other part of a hold-out.
    public var heldBack = 0
    /// Downloads that img2dataset says have failed.
    public var failedDownloads = 0
    /// Images without a caption, in a source of pairs: the first ones.
    public var unpaired: [String] = []
    public var unpairedCount = 0
    /// Bad sources left out: the first ones.
    public var rejected: [RejectedSource] = []
    public var rejectedCount = 0
    /// What else became no sample, by reason.
    public var leftOut: [LeftOutReason: LeftOut] = [:]
    public var fingerprint = ""
}

extension PackReport {
    init(
        _ plan: PackPlan, _ counts: PackCounts, shards: [CorpusIndex.Shard], resumed: Int, fingerprint: String
    ) {
        sources = plan.detected
        samples = counts.packed
        self.shards = shards.count
        resumedShards = resumed
        bytes = shards.reduce(0) { $0 + $1.size }
        (heldBack, failedDownloads) = (counts.heldBack, counts.failedDownloads)
        (unpaired, unpairedCount) = (counts.unpaired, counts.unpairedCount)
        (rejected, rejectedCount) = (counts.rejected, counts.rejectedCount)
        leftOut = counts.leftOutByReason
        self.fingerprint = fingerprint
    }
}
