import Autograd

/// The gradient arena cut into buckets, each within one parameter group, in reverse forward order: the order in which
/// backward finishes them. The cut depends on sizes only, never on timing.
final class GradientBuckets {
    struct Bucket {
        /// Elements of the gradient arena; the length is a multiple of the store's alignment.
        let range: Range<Int>
        let group: Int
        let parameterCount: Int
    }

    /// The last group's last bucket first.
    let buckets: [Bucket]
    private let bucketsOfParameter: [ObjectIdentifier: [Int]]
    private var pending: [Int]
    private var isFinal: [Bool]

    /// - Parameters:
    ///   - alignment: elements; 16 · R.
    ///   - elements: of a bucket, roughly; the first of a group is smaller, so that reduction starts early.
    init(_ store: ParameterStore, alignment: Int, elements: Int = 6 << 20, first: Int = 1 << 18) {
        var buckets: [Bucket] = []
        for (group, entry) in store.groups.enumerated().reversed() {
            var end = entry.extent.upperBound
            var size = first
            while end > entry.extent.lowerBound {
                let rounded = max(size / alignment, 1) * alignment
                let start = max(entry.extent.lowerBound, end - rounded)
                let range = start..<end
                buckets.append(
                    Bucket(
                        range: range, group: group, parameterCount: store.parameters.count { $0.range.overlaps(range) })
                )
                end = start
                size = elements
            }
        }
        self.buckets = buckets
        bucketsOfParameter = Dictionary(
            uniqueKeysWithValues: store.parameters.map { parameter in
                (ObjectIdentifier(parameter), buckets.indices.filter { buckets[$0].range.overlaps(parameter.range) })
            })
        pending = buckets.map(\.parameterCount)
        isFinal = buckets.map { _ in false }
    }

    /// Before a step: nothing is final.
    func begin() {
        for index in buckets.indices {
            pending[index] = buckets[index].parameterCount
            isFinal[index] = false
        }
    }

    /// The parameter gets no more gradient on this rank in this step; `submit` is told of buckets that are complete by it.
    func finish(_ parameter: Parameter, submit: (Int) -> Void) {
        for index in bucketsOfParameter[ObjectIdentifier(parameter)] ?? [] {
            pending[index] -= 1
            if pending[index] == 0 && !isFinal[index] {
                isFinal[index] = true
                submit(index)
            }
        }
    }

    /// The whole group is final, parameters without a use included.
    func finish(group: Int, submit: (Int) -> Void) {
        for index in buckets.indices where buckets[index].group == group && !isFinal[index] {
            isFinal[index] = true
            submit(index)
        }
    }
}
