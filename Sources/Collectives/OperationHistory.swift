import Runtime

/// The last operations of a rank, for the dump of a stuck run.
final class OperationHistory: @unchecked Sendable {
    // Safety: everything mutable is touched only while `monitor` is locked.
    struct Entry: Sendable {
        var step: Int
        var operation: String
        var begun: Double
        var ended: Double?
    }

    private static let capacity = 64
    private let monitor = Monitor()
    private var entries: [Entry] = []
    private var count = 0

    init() { entries.reserveCapacity(Self.capacity) }

    func begin(_ operation: String, step: Int) {
        let entry = Entry(step: step, operation: operation, begun: Clock.seconds, ended: nil)
        monitor.locked {
            if entries.count < Self.capacity { entries.append(entry) } else { entries[count % Self.capacity] = entry }
            count += 1
        }
    }

    func end() {
        let now = Clock.seconds
        monitor.locked { entries[(count - 1) % Self.capacity].ended = now }
    }

    /// What is being executed and for how many seconds; nil when nothing is.
    var current: (entry: Entry, seconds: Double)? {
        monitor.locked {
            guard count > 0, case let entry = entries[(count - 1) % Self.capacity], entry.ended == nil else {
                return nil
            }
            return (entry, Clock.seconds - entry.begun)
        }
    }

    /// One line per operation, oldest first.
    var lines: [String] {
        let now = Clock.seconds
        return monitor.locked {
            let first = max(0, count - Self.capacity)
            return (first..<count).map { number in
                let entry = entries[number % Self.capacity]
                let seconds = milliseconds((entry.ended ?? now) - entry.begun)
                let state = entry.ended == nil ? "running for" : "took"
                return "step \(entry.step) \(entry.operation): \(state) \(seconds) ms, "
                    + "began \(milliseconds(now - entry.begun)) ms ago"
            }
        }
    }

    private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
}
