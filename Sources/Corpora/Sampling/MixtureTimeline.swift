/// The mixture over a whole run: exact proportions between events. An event is a stated change of weights, or a source that
/// has finished; from each on, the proportions are counted afresh.
struct MixtureTimeline: Sendable {
    /// A stretch between two events.
    private struct Phase {
        /// Number of its first batch.
        var start: Int
        var schedule: MixtureSchedule
        /// Entry of the mixture for each entry of the schedule.
        var active: [Int]
        /// Batches of each entry of the mixture before this phase.
        var given: [Int]
    }

    private let phases: [Phase]
    /// Batches in all; nil when the mixture never ends.
    let batches: Int?

    /// - Parameters:
    ///   - entries: checked.
    ///   - lengths: batches of each entry's stream, nil for an endless one.
    init(_ entries: [SamplerEntry], lengths: [Int?]) throws {
        var phases: [Phase] = []
        var now = 0
        var given = Array(repeating: 0, count: entries.count)
        while true {
            let weighted = entries.indices.map { given[$0] == lengths[$0] ? 0 : entries[$0].weight(at: now) }
            let active = entries.indices.filter { weighted[$0] > 0 }
            let change = entries.flatMap(\.weights).map(\.batch).filter { $0 > now }.min()
            guard !active.isEmpty else {
                // Sources may have finished before another's weight rises from 0.
                guard now > 0, zip(entries.indices, lengths).allSatisfy({ given[$0] == $1 }) else {
                    throw SamplerError.nothingToSample(batch: now)
                }
                break
            }
            let schedule = try MixtureSchedule(weights: active.map { weighted[$0] })
            phases.append(Phase(start: now, schedule: schedule, active: active, given: given))
            var next = change
            var ends = false
            for (slot, entry) in active.enumerated() {
                guard let length = lengths[entry] else { continue }
                let end = now + schedule.number(ofEntry: slot, ordinal: length - given[entry] - 1) + 1
                guard end <= next ?? Int.max else { continue }
                var stops = false
                if case .stop = entries[entry].ending { stops = true }
                ends = end == next ? ends || stops : stops
                next = end
            }
            guard let next else {
                self.phases = phases
                batches = nil
                return
            }
            for (slot, entry) in active.enumerated() {
                given[entry] += schedule.count(ofEntry: slot, before: next - now)
            }
            now = next
            if ends { break }
        }
        self.phases = phases
        batches = now
    }

    /// Batches after which the first phase's sequence of entries repeats.
    var period: Int { phases[0].schedule.period }

    /// Entry of the batch with this number, and how many batches of that entry come before it.
    func assignment(_ number: Int) -> (entry: Int, ordinal: Int) {
        precondition(number >= 0 && number < batches ?? Int.max, "batch \(number) of \(batches ?? Int.max)")
        let phase = phases.last { $0.start <= number } ?? phases[0]
        let (slot, ordinal) = phase.schedule.assignment(number - phase.start)
        let entry = phase.active[slot]
        return (entry, phase.given[entry] + ordinal)
    }
}
