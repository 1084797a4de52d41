/// What `corpus regions` is asked for.
public struct RegionOptions: Sendable {
    /// A packed corpus of images or pairs, or procedural scenes.
    public var images: String
    /// A checkpoint of UNIMO-2, or a run.
    public var encoder: String
    /// The corpus directory to make.
    public var output: String
    /// Cells along a side of an image.
    public var grid = 4
    /// K; 0 for regions without classes.
    public var classes = 64
    /// A file with the classes of another corpus, instead of those found here.
    public var classesFrom: String?
    /// Of the search for classes.
    public var seed: UInt64 = 1
    /// Whether features and classes are stored in half precision.
    public var halvesFeatures = false
    /// Whether samples keep their images.
    public var keepsImages = false
    /// A shard is closed when its file has this many bytes.
    public var shardSize: UInt64 = 64 << 20
    /// Bytes at which a frame is closed, before compression; nil for the kind's.
    var frameSize: Int?
    /// Threads.
    public var workers = 1
    /// Whether to begin again, whatever an earlier attempt has left.
    public var startsAfresh = false

    public init(images: String, encoder: String, output: String) {
        self.images = images
        self.encoder = encoder
        self.output = output
    }

    /// Where classes that are found here are written.
    var classFile: String { output + ".classes.safetensors" }
}

/// What `corpus regions` has made.
public struct RegionReport: Sendable {
    public let samples: Int
    /// Samples that an earlier attempt had finished.
    public let resumed: Int
    /// Regions of an image.
    public let regionsPerImage: Int
    /// C.
    public let width: Int
    /// K.
    public let classes: Int
    /// Classes that are some region's likeliest, and the perplexity of their shares; nil without classes.
    public let usage: (used: Int, perplexity: Double)?
    /// Where the classes are; nil without any.
    public let classFile: String?
    public let fingerprint: String
    /// That describing the samples which were not finished before took.
    public let seconds: Double

    public var regions: Int { samples * regionsPerImage }
    /// Nil when nothing was left to do.
    public var samplesPerSecond: Double? { samples > resumed ? Double(samples - resumed) / max(seconds, 1e-9) : nil }
}
