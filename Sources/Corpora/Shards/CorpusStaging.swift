import Runtime
import Storage

/// A copy of a corpus on a disk of the node, file by file, each checked against the manifest while it is copied. It appears
/// under its name when it is whole; what an interrupted copy has whole is kept.
public final class CorpusStaging {
    private let source: String
    private let manifest: ChecksumManifest
    /// Where the copy is: named after the corpus and what it holds, so that another corpus of that name has another place.
    public let destination: String
    /// Files to copy, the manifest not counted.
    public let files: [String]
    private let staged: StagedDirectory
    private let retry: ReadRetry
    private var lock: DirectoryLock?

    /// - Parameters:
    ///   - source: a corpus directory.
    ///   - root: a directory on the node's disk; it is made.
    ///   - retry: what is done when the file system of the source refuses a read.
    public init(source: String, root: String, retry: ReadRetry = .standard()) throws {
        self.source = source
        self.retry = retry
        manifest = try CorpusFile.manifest(source)
        destination = "\(root)/\(Directory.name(of: source))-\(manifest.fingerprint.prefix(16))"
        files = manifest.names
        staged = StagedDirectory(path: destination, faultPoint: "stage")
    }

    /// Whether the whole copy is there.
    public var isDone: Bool { Directory.exists(destination) }

    /// Claims the place and checks that there is room.
    /// - Throws: `StorageError.diskFull`, or `.locked` when another program copies there.
    public func begin() throws {
        try Directory.create(staged.staging)
        lock = try DirectoryLock(directory: staged.staging)
        let needed = try files.reduce(UInt64(0)) { sum, name in
            guard let size = Directory.fileSize(of: source + "/" + name) else {
                throw CorpusFile.damaged(source + "/" + name, "the file", "none")
            }
            return sum + size - min(size, Directory.fileSize(of: staged.staging + "/" + name) ?? 0)
        }
        let available = Directory.availableBytes(at: staged.staging)
        guard needed < available else {
            throw StorageError.diskFull(path: staged.staging, needed: needed, available: available)
        }
    }

    /// Copies one of `files`, unless it is there already with the right bytes.
    public func copy(_ name: String) throws {
        let target = staged.staging + "/" + name
        if Directory.exists(target), (try? InputFile(path: target).digest().sha256) == manifest.digests[name] { return }
        let input = try InputFile(path: source + "/" + name)
        let output = try staged.create(name)
        var offset: UInt64 = 0
        while offset < input.size {
            let count = Int(min(4 << 20, input.size - offset))
            try output.write(try retry.run(input.path) { try input.read(at: offset, count: count) })
            offset += UInt64(count)
        }
        let digest = try output.seal()
        guard digest.sha256 == manifest.digests[name] else {
            throw CorpusFile.damaged(input.path, "SHA-256 \(manifest.digests[name] ?? "")", digest.sha256)
        }
    }

    /// Gives the copy its name.
    public func commit() throws {
        let file = try staged.create(ChecksumManifest.fileName)
        try file.write(Array(manifest.text.utf8))
        try file.seal()
        try staged.commit()
        try Directory.remove(destination + "/.lock")
        lock = nil
    }
}
