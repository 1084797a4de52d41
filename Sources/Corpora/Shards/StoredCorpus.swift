/// What the samples of a corpus hold.
public enum CorpusKind: String, Sendable, Codable, CaseIterable {
    /// One image each.
    case images
    /// One text each.
    case texts
    /// One image and one caption each.
    case pairs
    /// The regions a detector found in one image, with their features; image and captions where they are known.
    case regions
    /// What was found out about each sample of another corpus, or written instead of its captions. Never packed from files.
    case annotations

    /// Those that files are packed as.
    public static let packed: [CorpusKind] = [.images, .texts, .pairs, .regions]

    /// Members a sample of this kind must have: one name out of each list.
    public var required: [[String]] {
        let image = StoredSample.imageNames
        let text = StoredSample.textNames
        return switch self {
        case .images: [image]
        case .texts: [text]
        case .pairs: [image, text]
        case .regions: [[RegionSet.descriptorName], ["features.npy"], ["boxes.npy"]]
        case .annotations: [[RewriteList.memberName, NeighbourList.memberName]]
        }
    }
}

/// One sample as it is stored: named byte strings that share a key.
public struct StoredSample: Sendable, Equatable {
    /// One byte string of a sample.
    public struct Member: Sendable, Equatable {
        /// The file extension that says what it is: `png`, `jpg`, `txt`, `json`, …
        public var name: String
        public var bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// Names of members that are images.
    public static let imageNames = ["png", "jpg", "jpeg", "webp"]
    /// Names of members that are texts (UTF-8).
    public static let textNames = ["txt"]

    public var key: String
    public var members: [Member]
    /// Name of the shard file; empty for a sample that lies in no file.
    public var shard: String
    /// Where the sample begins in the decompressed shard.
    public var offset: UInt64

    public init(key: String, members: [Member], shard: String = "", offset: UInt64 = 0) {
        self.key = key
        self.members = members
        self.shard = shard
        self.offset = offset
    }

    /// The first member with one of these names.
    public func member(_ names: [String]) -> Member? { members.first { names.contains($0.name) } }

    public var image: Member? { member(Self.imageNames) }
    public var text: Member? { member(Self.textNames) }
}

/// Samples that can be read in any order, from any thread.
public protocol StoredCorpus: AnyObject, Sendable {
    var name: String { get }
    var kind: CorpusKind { get }
    /// Samples in the corpus.
    var count: Int { get }
    /// SHA-256, in hexadecimal, of what pins every byte of the corpus down: two corpora with the same fingerprint hold
    /// the same samples in the same order.
    var fingerprint: String { get }
    /// Samples that are stored together, run by run in the corpus's order, so that reading one reads all of its run; empty
    /// where every sample is reached alone.
    var frameSamples: [Int] { get }
    /// Bytes of all samples as they are read; 0 where nothing is read.
    var rawBytes: Int { get }
    /// Bytes of all texts.
    var textBytes: Int { get throws }
    /// What was read so far, what of it was used, and what was tried again.
    var reading: ReadingCounts { get }
    /// Bytes that reading keeps in memory at most.
    var cacheBytes: Int { get }
    /// The sample at `index` in `0 ..< count`, as the order names it.
    func read(_ index: Int) throws -> StoredSample
    /// The same, where it is counted why.
    func read(_ index: Int, for purpose: ReadPurpose) throws -> StoredSample
    /// Its key, where possible without reading it.
    func key(_ index: Int) throws -> String
    /// Bytes of its text, where possible without reading it; 0 when it has none.
    func textBytes(_ index: Int) throws -> Int
}

extension StoredCorpus {
    public var frameSamples: [Int] { [] }
    public var rawBytes: Int { 0 }
    public var reading: ReadingCounts { ReadingCounts() }
    public func read(_ index: Int, for purpose: ReadPurpose) throws -> StoredSample { try read(index) }
    public var cacheBytes: Int { 0 }
    public var textBytes: Int { get throws { try (0..<count).reduce(0) { try $0 + textBytes($1) } } }
    public func key(_ index: Int) throws -> String { try read(index).key }
    public func textBytes(_ index: Int) throws -> Int { try read(index).text?.bytes.count ?? 0 }
}
