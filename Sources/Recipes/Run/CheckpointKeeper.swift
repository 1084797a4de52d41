import Checkpoints
import Collectives
import Corpora
import Logging
import Models
import Runtime
import Storage
import Text
import Training

/// Saves and finds the checkpoints of a run, together with the other ranks.
struct CheckpointKeeper {
    let directory: RunDirectory
    let store: CheckpointStore
    let communication: CommunicationThread
    let log: Logger

    init(_ directory: RunDirectory, _ communication: CommunicationThread, _ log: Logger) {
        self.directory = directory
        store = CheckpointStore(directory: directory.checkpoints)
        self.communication = communication
        self.log = log
    }

    /// The newest whole checkpoint of the run, or the one at `path`; nil when the run has none. Collective: rank 0 reads
    /// every byte, the others believe it.
    func find(_ path: String?) throws -> Checkpoint? {
        let found = try communication.fromRankZero("finding a checkpoint") {
            if let path { return try Checkpoint(path: path, threads: Affinity.count).path }
            return try store.newest(threads: Affinity.count) { log.warning("\($0)") }?.path
        }
        guard let found else { return nil }
        return try communication.together("opening the checkpoint") { try Checkpoint(path: found, verifying: false) }
    }

    /// Writes the checkpoint of `step`: every rank its files, rank 0 the rest; visible only when complete. Collective.
    /// - Returns: seconds taken.
    @discardableResult
    func save(
        step: Int, _ snapshot: Snapshot, state: RunState, config: ModelConfig, tokenizer: Tokenizer, keep: Int
    ) throws -> Double {
        let start = Clock.seconds
        let contents = snapshot.contents
        let layout = CheckpointLayout(contents)
        let writer = CheckpointWriter(directory: directory.checkpoints, step: step, layout: layout)
        let (rank, ranks) = (communication.rank, communication.size)
        do {
            try communication.together("starting a checkpoint") { if rank == 0 { try writer.begin() } }
            let own = try communication.together("writing a checkpoint") {
                try writer.write(contents, rank: rank, ranks: ranks)
            }
            let digests = try gather(own)
            try communication.together("committing a checkpoint") {
                guard rank == 0 else { return }
                try writer.commit(
                    parts: digests, state: state, config: try ConfigFile.bytes(config),
                    companions: tokenizer.files.map { CheckpointWriter.Companion(name: $0.name, bytes: $0.contents) })
                try store.prune(keep: keep)
            }
        } catch {
            if rank == 0 { try writer.abandon() }
            throw error
        }
        return Clock.seconds - start
    }

    /// Every rank's file digests, on every rank.
    private func gather(_ own: [FileDigest]) throws -> [FileDigest] {
        let lines = own.map { "\($0.sha256) \($0.size) \($0.name)\n" }.joined()
        let all = try communication.perform("gathering checksums") { try $0.allGather(Array(lines.utf8)) }
        return all.flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
                let parts = line.split(separator: " ", maxSplits: 2)
                return FileDigest(name: String(parts[2]), sha256: String(parts[0]), size: UInt64(parts[1]) ?? 0)
            }
        }
    }
}
