import Batches
import Collectives
public import Objectives

/// A corpus and an objective of the mixture, as training sees them.
public struct TrainedEntry: Sendable {
    /// As logs name it.
    public let corpus: String
    public let objective: any Objective
    /// Parameter groups that get a gradient: the objective's without the frozen ones.
    public let groups: Set<String>

    public init(corpus: String, objective: any Objective, frozen: Set<String> = []) {
        self.corpus = corpus
        self.objective = objective
        groups = objective.groups.subtracting(frozen)
    }

    /// The groups that an objective declares are those that it gives gradients to: gradients of others would be used steps
    /// later, and groups without a gradient would be decayed for nothing.
    /// - Parameters: footprint of the entry; groups of the model.
    public func check(_ footprint: Footprint, groups known: Set<String>) {
        let declared = groups.intersection(known)
        precondition(
            declared == footprint.groups,
            "\(objective.name) on \(corpus) declares \(declared.sorted()) and gives gradients to \(footprint.groups.sorted())"
        )
    }
}

/// The communication operations of one step, the same list on every rank: derived from the batches, never from timing.
///
/// Counts and tokens of all batches; then per batch the gathers of its pool and the buckets of the groups whose last
/// batch it is, in reverse forward order; last one control vector.
struct StepPlan {
    private(set) var operations: [Operation] = []
    /// Operation numbers of each batch's gathers.
    private(set) var gathers: [[Int]] = []
    /// Operation number of each bucket; nil where its group is inactive.
    private(set) var bucketOperations: [Int?]
    /// Groups that become final after each batch, by index.
    private(set) var finalGroups: [[Int]] = []
    /// Whether any batch of the step declares the group.
    let active: [Bool]
    let control: Int

    static let counts = 0

    /// - Parameters:
    ///   - gathered: for each batch, the widths of what ranks gather of a sample.
    ///   - trains: false for validation, which reduces nothing.
    ///   - countCount, controlCount: numbers in the vectors of counts and of control.
    init(
        _ batches: [Batch], _ entries: [TrainedEntry], groups: [String], buckets: [GradientBuckets.Bucket],
        gathered widths: [[Int]], ranks: Int, trains: Bool, countCount: Int, controlCount: Int
    ) {
        let declared = batches.map { trains ? entries[$0.entry].groups : [] }
        active = groups.map { group in declared.contains { $0.contains(group) } }
        bucketOperations = buckets.map { _ in nil }
        operations.append(.sum(name: "counts", count: countCount))
        for (index, batch) in batches.enumerated() {
            gathers.append([])
            let objective = entries[batch.entry].objective
            for (number, width) in widths[index].enumerated() {
                gathers[index].append(operations.count)
                let counts = (0..<ranks).map {
                    Batch.slice(of: batch.globalCount, rank: $0, ranks: ranks).count * width
                }
                operations.append(.gather(name: "\(objective.name) pool \(number)", counts: counts))
            }
            let last = groups.indices.filter { group in
                declared.lastIndex { $0.contains(groups[group]) } == index
            }
            finalGroups.append(last)
            for (number, bucket) in buckets.enumerated() where last.contains(bucket.group) {
                bucketOperations[number] = operations.count
                operations.append(.reduce(name: "gradients \(groups[bucket.group]) \(number)", range: bucket.range))
            }
        }
        control = operations.count
        operations.append(.sum(name: "control", count: controlCount))
    }
}
