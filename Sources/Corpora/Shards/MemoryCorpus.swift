import Runtime
import Storage

/// A corpus held in memory: the twin of `ShardCorpus` without files.
public final class MemoryCorpus: StoredCorpus {
    public let name: String
    public let kind: CorpusKind
    public let fingerprint: String
    private let samples: [StoredSample]

    public init(name: String, kind: CorpusKind, samples: [StoredSample]) {
        precondition(Set(samples.map { ByteText($0.key) }).count == samples.count, "\(name): two samples have one key")
        self.name = name
        self.kind = kind
        self.samples = samples
        let hash = SHA256()
        // Lengths go in before contents, so that moving a byte from one field to the next changes the digest.
        func add(_ bytes: [UInt8], to hash: borrowing SHA256) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update($0) }
            bytes.withUnsafeBytes { hash.update($0) }
        }
        add(Array(kind.rawValue.utf8), to: hash)
        for sample in samples {
            add(Array(sample.key.utf8), to: hash)
            withUnsafeBytes(of: UInt64(sample.members.count).littleEndian) { hash.update($0) }
            for member in sample.members {
                add(Array(member.name.utf8), to: hash)
                add(member.bytes, to: hash)
            }
        }
        fingerprint = hash.hex()
    }

    public var count: Int { samples.count }

    public func read(_ index: Int) throws -> StoredSample {
        precondition(samples.indices.contains(index), "sample \(index) of \(count)")
        return samples[index]
    }
}
