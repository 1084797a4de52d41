import Checkpoints
import Glibc
import Runtime
import Storage

/// Where a run keeps everything: layout and lock.
public struct RunDirectory: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// `runs/<recipe's name>` beside the working directory.
    public static func standard(recipe file: String) -> RunDirectory {
        let name = Directory.name(of: file)
        return RunDirectory("runs/" + (name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name))
    }

    public var checkpoints: String { path + "/checkpoints" }
    public var resolvedRecipe: String { path + "/recipe.resolved.yaml" }
    public var skippedSamples: String { path + "/skipped-samples.jsonl" }
    public var config: String { path + "/config.json" }
    public var validation: String { path + "/validation.jsonl" }
    public var samples: String { path + "/samples" }
    func samples(rank: Int) -> String { samples + "/rank-\(padded(rank, 4)).txt" }
    func tensors(step: Int) -> String { path + "/tensors/step-\(padded(step, 8))" }

    /// Creates the directory and claims it; the claim lasts as long as the lock lives.
    func claim() throws -> DirectoryLock {
        if let known = KnownDirectory(path), known != .run {
            throw CheckpointError.mismatch(
                FileFault(
                    path: path, expected: "a run's directory, or a place for a new one", found: known.rawValue,
                    remedy: "name another directory with --run"))
        }
        return try CheckpointError.wrapping {
            try Directory.create(path)
            return try DirectoryLock(directory: path)
        }
    }
}

/// `number` with leading zeros up to `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
}
