import Checkpoints
import Collectives
import Corpora
import Foundation
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

    /// A damaged checkpoint was set aside after work had begun that depends on it: begin anew with an older one.
    struct SetAside: Error {}

    /// The newest checkpoint of the run, or the one at `path`; nil when the run has none. Every rank has checked its small
    /// files: the rest is checked when it is restored. Collective.
    func find(_ path: String?) throws -> Checkpoint? {
        while true {
            let found = try communication.fromRankZero("finding a checkpoint") {
                if let path { return try CheckpointPlace.find(path) }
                return try store.newest().map { store.path(step: $0) }
            }
            guard let found else { return nil }
            let opened = try reading(found, "opening the checkpoint", isNamed: path != nil) {
                guard Directory.exists(found) else { throw UnseenCheckpoint(path: found) }
                let checkpoint = try Checkpoint(path: found, verifying: .smallFiles)
                return (checkpoint, checkpoint.manifest.fingerprint)
            }
            if let opened { return opened }
        }
    }

    /// Fills the arenas of `snapshot`; every rank checks the bytes that it reads. Collective.
    /// - Parameter isNamed: the user chose this checkpoint.
    /// - Throws: `SetAside`, on every rank, when a rank found damage and an older checkpoint can be tried.
    func restore(
        _ checkpoint: Checkpoint, _ state: RunState, into snapshot: Snapshot, isNamed: Bool, pool: WorkerPool
    ) throws {
        let restored: Void? = try reading(checkpoint.path, "restoring the checkpoint", isNamed: isNamed) {
            (try snapshot.restore(checkpoint, state, pool: pool), "")
        }
        guard restored != nil else { throw SetAside() }
        store.trust(step: checkpoint.step)
    }

    /// Reads a checkpoint on every rank. Where one finds damage, or reads something else than rank 0, the checkpoint is
    /// damaged for all: set aside unless it was named.
    /// - Parameter body: its value, and what must be the same on every rank.
    /// - Returns: nil after setting the checkpoint aside.
    private func reading<Value>(
        _ path: String, _ name: String, isNamed: Bool, _ body: () throws -> (value: Value, fingerprint: String)
    ) throws -> Value? {
        typealias Outcome = Result<(value: Value, fingerprint: String), CheckpointError>
        let outcome = try communication.together(name) { () -> Outcome in
            do { return .success(try body()) } catch let error as CheckpointError where error.isDamage {
                return .failure(error)
            }
        }
        let report =
            switch outcome {
            case .success(let read): Report(fingerprint: read.fingerprint)
            case .failure(let error): Report(fault: "\(error)")
            }
        let bytes = Array(try JSONEncoder().encode(report))
        let reports = try communication.perform(name) { try $0.allGather(bytes) }.map { bytes in
            try JSONDecoder().decode(Report.self, from: Data(bytes))
        }
        guard let fault = Report.fault(of: path, in: reports) else { return try outcome.get().value }
        guard !isNamed else {
            throw AgreedFailure(description: fault, exitCode: .checkpoint, isOwn: communication.rank == 0)
        }
        _ = try communication.fromRankZero("setting a checkpoint aside") {
            guard let step = CheckpointStore.step(of: path) else { return nil }
            let aside = try store.setAside(step: step, because: fault)
            log.warning("\(fault); set aside as \(aside), going back to an older checkpoint")
            return aside
        }
        return nil
    }

    /// What a rank says of what it read.
    private struct Report: Codable {
        var fault: String?
        var fingerprint: String?

        /// What is wrong with the checkpoint by all reports, with the ranks it was found on; nil when nothing is.
        static func fault(of path: String, in reports: [Report]) -> String? {
            if let rank = reports.firstIndex(where: { $0.fault != nil }), let fault = reports[rank].fault {
                guard reports.count > 1 else { return fault }
                let ranks = reports.indices.filter { reports[$0].fault != nil }
                return "\(rankList(ranks)): \(fault)"
            }
            let first = reports[0].fingerprint ?? ""
            guard let other = reports.firstIndex(where: { $0.fingerprint != first }) else { return nil }
            return "rank \(other): \(path)/\(ChecksumManifest.fileName): expected SHA-256 \(first) as rank 0 reads it, "
                + "found \(reports[other].fingerprint ?? ""); the ranks see different directories: put the run's directory where every node sees the same"
        }
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
                prune(keep: keep)
            }
        } catch {
            if rank == 0 { try writer.abandon() }
            throw error
        }
        return Clock.seconds - start
    }

    /// Removes old checkpoints. What can't be removed now is tried again at the next save: the new checkpoint is safe.
    private func prune(keep: Int) {
        do { try store.prune(keep: keep) } catch {
            log.warning("old checkpoints are still there and take room, to be removed after the next save: \(error)")
        }
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

/// A rank can't see what rank 0 reads: no damage, but nothing to resume from either.
struct UnseenCheckpoint: DiagnosedError {
    let path: String
    var exitCode: ExitCode { .checkpoint }
    var description: String {
        "\(path): expected the checkpoint that rank 0 sees, found nothing; put the run's directory on a file system that "
            + "every node has mounted"
    }
}
