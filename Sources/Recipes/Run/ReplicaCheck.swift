import Collectives
import Foundation
import Glibc
import Runtime
import Storage
import Tensors
import Training

/// Compares what the ranks hold: all replicas of the model are one and the same, or the run ends. Every rank computes its own
/// update from the summed gradients, so a bit that memory or a processor flips on one rank would stay there unnoticed.
final class ReplicaCheck {
    private let run: Run
    /// Steps between two comparisons; 0 compares nothing.
    private let interval: Int
    /// What this rank's loader has delivered since the start: batches and their entries, in order.
    private var order: UInt64 = 0
    private var comparedAt: Int?

    init(_ run: Run) {
        self.run = run
        interval = run.communication.size > 1 ? run.recipe.replicaCheckInterval : 0
    }

    /// A step was done.
    func add(_ report: StepReport) {
        for batch in report.batches {
            order = combinedHash([order, UInt64(batch.number), UInt64(batch.entry), UInt64(batch.samples)])
        }
        Disturbance.visit(run.trainer.optimizer)
    }

    func isDue(after step: Int) -> Bool { interval > 0 && step % interval == 0 }

    /// Ends the run on every rank, with exit code 6, where a replica differs. Collective.
    func compare(after step: Int, skipped: Int) throws {
        guard interval > 0, comparedAt != step else { return }
        comparedAt = step
        let digest = try digest(step, skipped)
        let whole = try gathered([digest.whole], "comparing replicas")
        guard Set(whole).count > 1 else { return }
        let hashes = try gathered(digest.hashes, "finding where replicas differ")
        let hosts = try run.communication.perform("asking for hosts") { try $0.allGather(Array(Self.host.utf8)) }
        let difference = ReplicaDifference(
            step: step, names: digest.names, hashes: hashes, hosts: hosts.map { String(decoding: $0, as: UTF8.self) })
        throw AgreedFailure(
            description: difference.description, exitCode: .numbers, isOwn: run.communication.rank == 0)
    }

    private func digest(_ step: Int, _ skipped: Int) throws -> ReplicaDigest {
        let counters: [(String, UInt64)] = [
            ("the step", UInt64(step)), ("the next batch", UInt64(step * run.recipe.batchesPerStep)),
            ("the number of updates left out", UInt64(skipped)), ("the order of batches", order),
            ("the corpora", try dataHash()),
        ]
        return ReplicaDigest(run.trainer.optimizer, counters: counters, pool: run.pool)
    }

    private func dataHash() throws -> UInt64 {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = SHA256.digest(Array(try encoder.encode(run.data.corpora.identities)))
        return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func gathered(_ own: [UInt64], _ name: String) throws -> [[UInt64]] {
        let bytes = own.withUnsafeBytes { Array($0) }
        return try run.communication.perform(name) { try $0.allGather(bytes) }.map { part in
            part.withUnsafeBytes { bytes in
                (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
            }
        }
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "an unknown host" }
        return name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
}
