/// Which entry of a mixture each batch belongs to: exact whole-number proportions, repeated period by period.
///
/// The order within a period is Tijdeman's solution of the chairman assignment problem (1980): of the entries that are
/// far enough behind, the one that would be late first. After every prefix of `t` batches each entry has had its share
/// `t · weight / sum` to within less than one batch. All comparisons are on integers.
struct MixtureSchedule: Sendable {
    /// Batches in a period at most: the memory and the time to lay it out are proportional.
    static let longestPeriod = 1 << 20

    /// Weights without their common divisor; their sum is the period.
    let weights: [Int]
    /// `(period)`: entry of each slot.
    private let entries: [Int32]
    /// `(period)`: slots of the same entry before each slot, within the period.
    private let ordinals: [Int32]
    /// `(entries, weight)`: slots of each entry.
    private let slots: [[Int32]]

    var period: Int { entries.count }

    /// - Parameter weights: positive.
    /// - Throws: `SamplerError` when the period is too long.
    init(weights: [Int]) throws {
        precondition(!weights.isEmpty && weights.allSatisfy { $0 > 0 }, "weights \(weights) are not all positive")
        let divisor = weights.reduce(0, Self.greatestCommonDivisor)
        let reduced = weights.map { $0 / divisor }
        var period = 0
        for weight in reduced {
            guard weight <= Self.longestPeriod - period else { throw SamplerError.periodTooLong(weights: weights) }
            period += weight
        }
        self.weights = reduced
        (entries, ordinals) = Self.slots(reduced, period: period)
        slots = entries.enumerated().reduce(into: Array(repeating: [], count: reduced.count)) { slots, slot in
            slots[Int(slot.element)].append(Int32(slot.offset))
        }
    }

    /// Number of the `ordinal`-th batch of an entry.
    func number(ofEntry entry: Int, ordinal: Int) -> Int {
        let (round, index) = ordinal.quotientAndRemainder(dividingBy: weights[entry])
        return round * period + Int(slots[entry][index])
    }

    /// Batches of an entry among the first `number`.
    func count(ofEntry entry: Int, before number: Int) -> Int {
        let (round, slot) = number.quotientAndRemainder(dividingBy: period)
        return round * weights[entry] + slots[entry].prefix { $0 < slot }.count
    }

    /// Entry of the batch with this number, and how many batches of that entry come before it.
    func assignment(_ number: Int) -> (entry: Int, ordinal: Int) {
        precondition(number >= 0, "batch number \(number)")
        let (round, slot) = number.quotientAndRemainder(dividingBy: period)
        let entry = Int(entries[slot])
        return (entry, round * weights[entry] + Int(ordinals[slot]))
    }

    private static func slots(_ weights: [Int], period: Int) -> ([Int32], [Int32]) {
        var given = [Int](repeating: 0, count: weights.count)
        var entries: [Int32] = []
        var ordinals: [Int32] = []
        entries.reserveCapacity(period)
        ordinals.reserveCapacity(period)
        for slot in 1...period {
            let entry = mostUrgent(weights, given: given, slot: slot, period: period)
            entries.append(Int32(entry))
            ordinals.append(Int32(given[entry]))
            given[entry] += 1
        }
        return (entries, ordinals)
    }

    /// The entry that takes the `slot`-th slot, counted from 1. With `k` entries and `m = 2k − 2`, those at least `1/m`
    /// behind may take it; the one that reaches `1 − 1/m` behind first does.
    private static func mostUrgent(_ weights: [Int], given: [Int], slot: Int, period: Int) -> Int {
        let scale = 2 * weights.count - 2
        var best: Int?
        for (entry, weight) in weights.enumerated() {
            guard scale * (weight * slot - given[entry] * period) >= period || weights.count == 1 else { continue }
            guard let rival = best else {
                best = entry
                continue
            }
            // (1 − 1/m + given) / weight, compared without division.
            let mine = (scale * given[entry] + scale - 1) * weights[rival]
            if mine < (scale * given[rival] + scale - 1) * weight { best = entry }
        }
        guard let best else { preconditionFailure("no entry is behind at slot \(slot) of weights \(weights)") }
        return best
    }

    private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
        var (first, second) = (first, second)
        while second != 0 { (first, second) = (second, first % second) }
        return first
    }
}
