import Batches
import Runtime

/// Different samples of a corpus that could not be used.
public struct UnusableSamples: Sendable, Equatable, Codable {
    /// How many the rank has met that has met most. Others may have met others.
    public var count: Int
    /// Those that any rank has met, sorted: none is counted twice.
    public var keys: [String]

    public init(count: Int = 0, keys: [String] = []) {
        self.count = count
        self.keys = keys
    }

    /// What two ranks have met.
    public func merged(with other: UnusableSamples) -> UnusableSamples {
        UnusableSamples(count: max(count, other.count), keys: Set(keys).union(other.keys).sorted())
    }
}

/// The different unusable samples met in each corpus, in the order of batches.
struct SkipBudget {
    let limits: [String: Int]
    let standard: Int
    private var counts: [String: Int] = [:]
    private var keys: [String: Set<ByteText>] = [:]

    /// - Parameters:
    ///   - limits: by corpus.
    ///   - standard: of corpora that have none of their own.
    ///   - spent: what was met before, by corpus.
    init(limits: [String: Int] = [:], standard: Int, spent: [String: UnusableSamples] = [:]) {
        self.limits = limits
        self.standard = standard
        counts = spent.mapValues(\.count)
        keys = spent.mapValues { Set($0.keys.map(ByteText.init)) }
    }

    /// What was met so far, by corpus.
    var spent: [String: UnusableSamples] {
        Dictionary(
            uniqueKeysWithValues: keys.map { corpus, keys in
                (corpus, UnusableSamples(count: counts[corpus] ?? 0, keys: keys.sorted().map(\.text)))
            })
    }

    /// - Throws: `LoaderError.tooManyUnusable` at the first sample beyond the limit.
    mutating func count(_ skipped: [SkippedSample]) throws {
        for sample in skipped {
            guard keys[sample.corpus, default: []].insert(ByteText(sample.key)).inserted else { continue }
            counts[sample.corpus, default: 0] += 1
            let limit = limits[sample.corpus] ?? standard
            guard counts[sample.corpus, default: 0] <= limit else {
                throw LoaderError.tooManyUnusable(budget: limit, last: sample)
            }
        }
    }
}
