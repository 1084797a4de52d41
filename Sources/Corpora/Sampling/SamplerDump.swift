import Batches
import Foundation

/// What each rank will compute, written out for people and scripts.
public struct SamplerDump: Sendable {
    /// One rank's slice of one batch.
    public struct Row: Sendable, Equatable, Codable {
        public var batch: Int
        public var rank: Int
        public var entry: String
        /// Of the whole batch: the first and the last pass over the corpus that it reads.
        public var epochs: [Int]
        public var keys: [String]

        /// The same line that a run with `log.samples` writes.
        public var line: String { SampleLine.text(batch: batch, rank: rank, entry: entry, keys: keys) }
    }

    /// Batches that a run can have: more than the steps of the longest recipe, each of most batches.
    public static let batchLimit = 1 << 40

    private struct Document: Encodable {
        var worldSize: Int
        var firstBatch: Int
        var endBatch: Int
        var rows: [Row]
    }

    private let sampler: MixedSampler
    private let key: @Sendable (_ entry: Int, _ index: Int) throws -> String

    /// - Parameter key: key of a sample of an entry's corpus.
    public init(sampler: MixedSampler, key: @escaping @Sendable (_ entry: Int, _ index: Int) throws -> String) {
        self.sampler = sampler
        self.key = key
    }

    /// - Parameter corpora: in the order of the sampler's entries.
    public init(sampler: MixedSampler, corpora: [any StoredCorpus]) {
        precondition(
            corpora.count == sampler.entries.count, "\(corpora.count) corpora, \(sampler.entries.count) entries")
        self.init(sampler: sampler) { try corpora[$0].key($1) }
    }

    /// Batches in all; nil when the mixture never ends.
    public var batches: Int? { sampler.batches }

    /// The rows of one batch, rank by rank.
    public func rows(batch: Int, worldSize: Int) throws -> [Row] {
        precondition(worldSize > 0, "a world of \(worldSize) ranks")
        let plan = try sampler.plan(batch)
        let keys = try plan.sampleIndices.map { try key(plan.entry, $0) }
        return (0..<worldSize).map { rank in
            Row(
                batch: batch, rank: rank, entry: sampler.entries[plan.entry].name,
                epochs: [plan.epochs.lowerBound, plan.epochs.upperBound],
                keys: Array(keys[Batch.slice(of: keys.count, rank: rank, ranks: worldSize)]))
        }
    }

    /// Hands out one line per batch and rank, `batch rank entry key key …`, without a newline.
    public func lines(batches: Range<Int>, worldSize: Int, _ body: (String) throws -> Void) throws {
        for batch in batches {
            for row in try rows(batch: batch, worldSize: worldSize) { try body(row.line) }
        }
    }

    /// All rows as one JSON object.
    public func json(batches: Range<Int>, worldSize: Int) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let rows = try batches.flatMap { try self.rows(batch: $0, worldSize: worldSize) }
        let document = Document(
            worldSize: worldSize, firstBatch: batches.lowerBound, endBatch: batches.upperBound, rows: rows)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
