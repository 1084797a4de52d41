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

    mutating func reject(_ source: RejectedSource) {
        rejectedCount += 1
        if rejected.count < Self.listLimit { rejected.append(source) }
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
        self.fingerprint = fingerprint
    }
}
