/// Writes each step to `metrics.jsonl`, the record other programs read, and to TensorBoard.
public final class MetricsWriter {
    private let rows: RowFile
    private let events: EventFile

    /// - Parameters:
    ///   - directory: of the run; it must exist.
    ///   - start: the first step that will be written. Rows of a run that got further before it was stopped are cut off,
    ///     and TensorBoard is told to forget them.
    public init(directory: String, startingAt start: Int) throws {
        rows = try RowFile(path: "\(directory)/metrics.jsonl", startingAt: start)
        events = try EventFile(directory: directory, startingAt: start)
    }

    public func write(_ metrics: StepMetrics) throws {
        try rows.append(metrics.json)
        try events.write(step: metrics.step, scalars: metrics.scalars)
    }

    /// Values beside the steps, such as validation losses: TensorBoard only.
    public func write(step: Int, scalars: [(tag: String, value: Double)]) throws {
        try events.write(step: step, scalars: scalars)
    }
}

extension StepMetrics {
    /// The step as TensorBoard scalars. Several batches of one objective and corpus are averaged by samples.
    var scalars: [(tag: String, value: Double)] {
        var sums: [String: (sum: Double, samples: Double)] = [:]
        var tags: [String] = []
        func add(_ tag: String, _ value: Double, _ samples: Int) {
            if sums[tag] == nil { tags.append(tag) }
            let old = sums[tag] ?? (0, 0)
            let weight = Double(max(samples, 1))
            sums[tag] = (old.sum + value * weight, old.samples + weight)
        }
        for batch in batches {
            add("loss/\(batch.objective)/\(batch.corpus)", batch.loss, batch.samples)
            for (name, value) in batch.terms.sorted(by: { $0.key < $1.key }) {
                add("terms/\(batch.objective)/\(batch.corpus)/\(name)", value, batch.samples)
            }
        }
        let time = max(seconds, 1e-9)
        return tags.map { ($0, sums[$0]!.sum / sums[$0]!.samples) } + [
            ("optimizer/learning_rate", learningRate), ("optimizer/gradient_norm", gradientNorm),
            ("optimizer/skipped", skipped ? 1 : 0), ("speed/samples_per_second", Double(samples) / time),
            ("speed/tokens_per_second", Double(tokens) / time), ("speed/seconds_per_step", seconds),
            ("speed/data_wait", dataWait / time), ("speed/exposed_communication", exposedCommunication / time),
        ] + (reading ?? []).flatMap(\.scalars) + (dictionary?.scalars ?? [])
    }
}

extension ReadingMetrics {
    /// As TensorBoard scalars.
    fileprivate var scalars: [(tag: String, value: Double)] {
        let retried = ("reading/\(corpus)/retries", Double(retries))
        return amplification.map { [("reading/\(corpus)/amplification", $0), retried] } ?? [retried]
    }
}
