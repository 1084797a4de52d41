import Runtime
import Storage

/// Where the checkpoint is that a path names.
public enum CheckpointPlace {
    /// - Returns: `path`, or, where it is a run's directory, the newest checkpoint of the run.
    /// - Throws: `CheckpointError.mismatch` where something else is.
    public static func find(_ path: String) throws -> String {
        switch KnownDirectory(path) {
        case .checkpoint: return path
        case .run: return try newest(in: path + "/checkpoints")
        case .checkpoints: return try newest(in: path)
        // What has lost its manifest or its state is still called what it was: reading it says what is missing.
        case nil where Directory.kind(of: path) == .directory && looksDamaged(path): return path
        default:
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "a checkpoint, or a run's directory", found: KnownDirectory.found(at: path),
                    remedy: remedy(path)))
        }
    }

    private static func newest(in folder: String) throws -> String {
        let store = CheckpointStore(directory: folder)
        guard let step = try store.steps().last else {
            throw CheckpointError.mismatch(
                FileFault(
                    path: folder, expected: "a checkpoint", found: "none", remedy: "train further, or name another run")
            )
        }
        return store.path(step: step)
    }

    private static func looksDamaged(_ path: String) -> Bool {
        [CheckpointName.state, CheckpointName.index, ChecksumManifest.fileName].contains {
            Directory.exists(path + "/" + $0)
        }
    }

    private static func remedy(_ path: String) -> String {
        switch KnownDirectory(path) {
        case .model: "make a checkpoint of it with `unimo checkpoint import`"
        case nil where Directory.kind(of: path) == nil: "check the path"
        default: "name a directory that a run saved or `unimo checkpoint import` made"
        }
    }
}
