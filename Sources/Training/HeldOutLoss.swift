/// The loss of several batches of one entry as if they were one batch: each term is summed over all of them and divided by
/// all that it counts (tokens, samples, regions), so that it doesn't matter how samples were cut into batches. A loss over a
/// pool has the candidates of its own batch all the same.
public struct HeldOutLoss: Sendable, Equatable {
    /// Σ weight · term.
    public let value: Double

    /// - Parameter reports: of batches of the same objective.
    public init(_ reports: [StepReport.BatchReport]) {
        let terms = reports.first?.terms.indices ?? 0..<0
        value = terms.reduce(0) { loss, number in
            let batches = reports.map { $0.terms[number] }
            let sum = batches.reduce(0) { $0 + $1.value * $1.count }
            return loss + batches[0].weight * sum / max(batches.reduce(0) { $0 + $1.count }, 1)
        }
    }
}
