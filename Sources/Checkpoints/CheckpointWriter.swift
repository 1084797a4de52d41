import Runtime
public import Storage

/// Saves one checkpoint together with the other ranks.
///
/// The order: rank 0 calls `begin`; after a barrier every rank calls `write`; rank 0 gathers what they return and calls
/// `commit`, or, when one of them failed, `abandon`. Nothing is visible under the checkpoint's name before `commit`.
public struct CheckpointWriter {
    /// A file other than tensors: configuration, tokenizer.
    public struct Companion: Sendable, Equatable {
        public var name: String
        public var bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    public let step: Int
    public let layout: CheckpointLayout
    private let staged: StagedDirectory

    /// - Parameter directory: where checkpoints lie side by side (`checkpoints/` of a run).
    public init(directory: String, step: Int, layout: CheckpointLayout) {
        self.init(path: CheckpointName.path(directory, step: step), step: step, layout: layout)
    }

    /// - Parameter path: where the checkpoint will lie, whatever it is called.
    public init(path: String, step: Int, layout: CheckpointLayout) {
        self.step = step
        self.layout = layout
        staged = StagedDirectory(path: path, faultPoint: "checkpoint")
    }

    /// The path the checkpoint will have.
    public var path: String { staged.path }

    /// Rank 0, before the barrier: asks for room and makes the staging directory.
    public func begin() throws {
        try CheckpointError.wrapping {
            let parent = Directory.parent(of: staged.path)
            try Directory.create(parent)
            try Directory.remove(staged.staging)
            let available = Directory.availableBytes(at: parent)
            guard available >= layout.byteCount else {
                throw CheckpointError.diskFull(path: staged.path, needed: layout.byteCount, available: available)
            }
            try staged.begin()
        }
    }

    /// Every rank: writes its files, hashed and flushed.
    /// - Returns: what rank 0 has to know of them.
    public func write(_ contents: CheckpointContents, rank: Int, ranks: Int) throws -> [FileDigest] {
        let own = layout.files(ofRank: rank, ranks: ranks)
        let tensors = contents.weights
        let slots = contents.slots.map(\.tensor)
        var left = own.reduce(UInt64(0)) { $0 + UInt64(layout.files[$1].byteCount) }
        return try CheckpointError.wrapping {
            try own.map { number in
                let file = layout.files[number]
                do {
                    let digest = try write(file, number < layout.models.count ? tensors : slots)
                    left -= UInt64(file.byteCount)
                    return digest
                } catch StorageError.diskFull(let path, _, let available) {
                    // What this rank wrote is given back at once: others may be short of room too.
                    for number in own { try Directory.remove(staged.staging + "/" + layout.files[number].name) }
                    throw CheckpointError.diskFull(path: path, needed: left, available: available)
                }
            }
        }
    }

    private func write(_ file: CheckpointLayout.File, _ tensors: [CheckpointTensor]) throws -> FileDigest {
        let writer = try SafetensorsWriter(
            file: try staged.create(file.name), tensors: file.pieces.map(\.entry), metadata: file.metadata)
        for piece in file.pieces {
            let tensor = tensors[piece.tensor]
            let size = tensor.dtype.byteCount
            let range = piece.elements.lowerBound * size..<piece.elements.upperBound * size
            precondition(range.upperBound <= tensor.bytes.count, "`\(tensor.name)` is not the tensor of the layout")
            try writer.write(piece.entry.name, UnsafeRawBufferPointer(rebasing: tensor.bytes[range]))
        }
        return try writer.finish()
    }

    /// Rank 0, after every rank has written: adds the small files, the manifest, and gives the checkpoint its name.
    /// - Parameters:
    ///   - parts: what the ranks' `write` returned, all together.
    ///   - state: what training needs to go on; kept as JSON.
    ///   - config: `config.json`, the model's shape for other programs.
    ///   - companions: further files, for example the tokenizer's.
    public func commit(
        parts: [FileDigest], state: some Encodable, config: [UInt8], companions: [Companion] = []
    ) throws {
        let expected = layout.files.map(\.name).sorted()
        precondition(parts.map(\.name).sorted() == expected, "parts \(parts.map(\.name)), layout \(expected)")
        try CheckpointError.wrapping {
            do {
                var small = [
                    Companion(name: CheckpointName.state, bytes: try CheckpointState.bytes(step: step, state)),
                    Companion(name: CheckpointName.config, bytes: config),
                    Companion(name: CheckpointName.index, bytes: try index.bytes),
                ]
                small += companions
                let digests = try small.map { try write($0) }
                let manifest = ChecksumManifest(parts + digests)
                _ = try write(Companion(name: ChecksumManifest.fileName, bytes: Array(manifest.text.utf8)))
                try replaceExisting()
                try staged.commit()
                try Directory.remove(replaced)
            } catch StorageError.diskFull(let path, let needed, let available) {
                try staged.discard()
                throw CheckpointError.diskFull(path: path, needed: needed, available: available)
            }
        }
    }

    private func write(_ companion: Companion) throws -> FileDigest {
        let file = try staged.create(companion.name)
        try file.write(companion.bytes)
        return try file.seal()
    }

    private var replaced: String { staged.path + CheckpointName.replacedSuffix }

    /// A run that went back to an older checkpoint comes by the later steps again: the old one makes way, under a name
    /// from which it is brought back should the process die before the new one has its name.
    private func replaceExisting() throws {
        guard Directory.exists(staged.path) else { return }
        try Directory.remove(replaced)
        try Directory.rename(staged.path, to: replaced)
    }

    private var index: SafetensorsIndex {
        var files: [String: String] = [:]
        for file in layout.models {
            for piece in file.pieces { files[piece.entry.name] = file.name }
        }
        return SafetensorsIndex(totalSize: layout.models.reduce(0) { $0 + UInt64($1.byteCount) }, files: files)
    }

    /// Rank 0, instead of `commit` or when it failed: removes what was written.
    public func abandon() throws {
        try CheckpointError.wrapping {
            try staged.discard()
            guard Directory.exists(replaced), !Directory.exists(staged.path) else { return }
            try Directory.rename(replaced, to: staged.path)
        }
    }
}
