import Collectives
import Corpora
import Telemetry

/// What all ranks have read of the run's corpora since it was started.
struct ReadingTotals {
    /// Steps between two additions: each asks every rank.
    private static let interval = 50

    let corpora: OpenCorpora
    let communication: CommunicationThread
    private var names: [String] { corpora.byName.keys.sorted() }

    /// Whether it is added up after `done` steps of `steps`.
    static func isDue(after done: Int, of steps: Int) -> Bool { done % interval == 0 || done == steps }

    /// A row for each corpus of which anything was read, the same on every rank. Collective.
    func metrics() throws -> [ReadingMetrics] {
        let names = names
        let own = names.flatMap { Self.numbers(corpora[$0].reading) }
        let parts = try communication.perform("adding up what was read") { communicator in
            try communicator.allGather(own.withUnsafeBytes { Array($0) })
        }
        var sums = [Int64](repeating: 0, count: own.count)
        for part in parts {
            part.withUnsafeBytes { bytes in
                for index in sums.indices {
                    sums[index] += bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
                }
            }
        }
        return names.enumerated().compactMap { number, name in
            let found = sums[5 * number..<5 * number + 5].map { Int($0) }
            guard found.contains(where: { $0 > 0 }) else { return nil }
            return ReadingMetrics(
                corpus: name, read: found[0], used: found[1], relativesRead: found[2], relativesUsed: found[3],
                retries: found[4])
        }
    }

    private static func numbers(_ counts: ReadingCounts) -> [Int64] {
        [
            counts.order.read, counts.order.used, counts.relatives.read, counts.relatives.used, counts.retries,
        ].map { Int64($0) }
    }
}
