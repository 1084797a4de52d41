import Runtime
public import Storage

/// A complete checkpoint, open for reading.
public struct Checkpoint: Sendable {
    public let path: String
    public let step: Int
    /// What wrote it.
    public let tool: String
    /// Every file and its checksum.
    public let manifest: ChecksumManifest
    private let stateBytes: [UInt8]

    /// Which files are hashed and compared with the manifest before anything in them is believed.
    public enum Verification: Sendable {
        case everything
        /// All but the tensors': for who restores them with `restoreVerified`, which does it on the way.
        case smallFiles
        case nothing
    }

    /// Opens the directory of a checkpoint.
    /// - Parameter threads: that hash files side by side.
    public init(path: String, verifying: Verification = .everything, threads: Int = 1) throws {
        self.path = path
        let (manifest, bytes) = try CheckpointError.wrapping {
            let manifest = try ChecksumManifest(directory: path)
            for name in [CheckpointName.state, CheckpointName.config, CheckpointName.index]
            where manifest.digests[name] == nil {
                throw CheckpointError.damaged(
                    FileFault(
                        path: path + "/" + ChecksumManifest.fileName, expected: "a line for \(name)", found: "none",
                        remedy: "resume from another checkpoint"))
            }
            switch verifying {
            case .everything: try Self.verify(manifest.names, manifest, path, threads)
            case .smallFiles:
                try Self.verify(manifest.names.filter { !Self.holdsTensors($0) }, manifest, path, threads)
            case .nothing: break
            }
            return (
                manifest,
                try InputFile.contents(of: path + "/" + CheckpointName.state, limit: CheckpointState.byteLimit)
            )
        }
        self.manifest = manifest
        stateBytes = bytes
        let head = try CheckpointState.head(bytes, path: path + "/" + CheckpointName.state)
        step = head.step
        tool = head.tool
    }

    static func holdsTensors(_ name: String) -> Bool { name.hasSuffix(".safetensors") }

    private static func verify(
        _ names: [String], _ manifest: ChecksumManifest, _ path: String, _ threads: Int
    ) throws {
        let pool = WorkerPool(threads: max(min(threads, names.count), 1))
        defer { pool.stop() }
        _ = try pool.map(names.count) { task, _ in try manifest.verify(names[task], in: path) }
    }

    /// What training put into `state.json`.
    public func state<State: Decodable>(as type: State.Type) throws -> State {
        try CheckpointState.state(type, stateBytes, path: path + "/" + CheckpointName.state)
    }

    /// The bytes of a small file: `config.json`, a tokenizer's file.
    public func companion(_ name: String) throws -> [UInt8] {
        try CheckpointError.wrapping {
            guard manifest.digests[name] != nil else {
                throw CheckpointError.mismatch(
                    FileFault(
                        path: path + "/" + name, expected: "a file of the checkpoint", found: "none of that name",
                        remedy: "name a checkpoint that has it"))
            }
            return try InputFile.contents(of: path + "/" + name, limit: CheckpointState.byteLimit)
        }
    }

    /// `config.json`.
    public var config: [UInt8] { get throws { try companion(CheckpointName.config) } }

    /// The weights, by name, as their files describe them.
    public func weights() throws -> [StoredTensor] {
        try CheckpointError.wrapping { try modelFiles().flatMap { $0.tensors } }
    }

    func modelFiles() throws -> [SafetensorsFile] { try files(prefix: "model-") }
    func optimizerFiles() throws -> [SafetensorsFile] { try files(prefix: "optimizer-") }

    private func files(prefix: String) throws -> [SafetensorsFile] {
        try manifest.names.filter { $0.hasPrefix(prefix) && Self.holdsTensors($0) }.map {
            try SafetensorsFile(path: path + "/" + $0)
        }
    }
}
