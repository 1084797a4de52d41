import Logging
import Runtime

/// Work of the calling thread that the communication thread answers for until it is done.
final class SharedWork: @unchecked Sendable {
    // Safety: `report` is touched only while `monitor` is locked; the rest is used by the communication thread alone.
    /// Deadlines without a sign of life (`WorkPulse`) after which the work counts as stuck.
    static let patience = 10.0

    private let monitor = Monitor()
    private var report: [UInt8]?
    private let interval: Double
    private let limit: Double
    private var pulse = WorkPulse.count
    private var pulseTime = Clock.seconds

    /// - Parameter deadline: of the job's operations, in seconds.
    init(deadline: Double) {
        interval = min(deadline / 4, 10)
        limit = Self.patience * deadline
    }

    /// The calling thread is done and has this to say.
    func finish(_ report: [UInt8]) {
        monitor.locked {
            self.report = report
            monitor.notify()
        }
    }

    /// What the calling thread has to say; nil when it is still at work after the time between two rounds.
    /// - Throws: `.stuck` when the work has shown no sign of life for too long.
    func wait() throws(CommunicationError.Cause) -> [UInt8]? {
        let end = Clock.seconds + interval
        let found = monitor.locked { () -> [UInt8]? in
            while report == nil && Clock.seconds < end { monitor.wait(until: end) }
            return report
        }
        guard found == nil else { return found }
        let count = WorkPulse.count
        if count != pulse { (pulse, pulseTime) = (count, Clock.seconds) }
        let silence = Clock.seconds - pulseTime
        if silence > limit { throw .stuck(seconds: silence) }
        return nil
    }
}

extension Communicator {
    /// What every rank has to say of its work, in rank order, once all are done.
    ///
    /// In rounds: a round is an all-gather that every rank joins when its work is done, or when the time between two
    /// rounds is over. So each rank hears from each within the deadline however long the work takes, all run the same
    /// number of rounds, and a rank that can't join one (dead, stopped) ends the job as in any other operation.
    func reports(of work: SharedWork) throws -> [[UInt8]] {
        var notice = WaitNotice(after: max(1, min(deadline / 2, 30)))
        while true {
            let own: [UInt8]?
            do throws(CommunicationError.Cause) { own = try work.wait() } catch { throw located(error) }
            polling.beat(at: Clock.seconds)
            let all = try allGather(own.map { [1] + $0 } ?? [0])
            let busy = all.indices.filter { all[$0].first != 1 }
            guard let first = busy.first else { return all.map { Array($0.dropFirst()) } }
            // The first of those who wait speaks for them all.
            guard all.firstIndex(where: { $0.first == 1 }) == rank, let seconds = notice.due() else { continue }
            let others = busy.count > 1 ? " and \(busy.count - 1) more" : ""
            log.info("waiting \(seconds) s for rank \(first)\(others), still at work: \(operation)")
        }
    }
}

/// When a wait is long enough to be spoken of: after so many seconds, and then each time it has doubled.
struct WaitNotice {
    private let start = Clock.seconds
    private var next: Double

    init(after seconds: Double) { next = seconds }

    /// Whole seconds waited, where that is to be said now.
    mutating func due() -> Int? {
        let seconds = Clock.seconds - start
        guard seconds >= next else { return nil }
        next = 2 * seconds
        return Int(seconds.rounded())
    }
}

extension CommunicationThread {
    /// Runs `work` on the calling thread and returns what it says, and what every other rank's says, in rank order.
    /// Collective.
    ///
    /// It may take longer than the deadline, on some ranks or all: meanwhile the communication thread tells the others
    /// that this rank is at work, so `work` can't use the communicator. Only work without any sign of life (`WorkPulse`)
    /// for many deadlines counts as stuck.
    public func atWork(_ name: String, _ work: () -> [UInt8]) throws -> [[UInt8]] {
        let shared = SharedWork(deadline: deadline)
        let answered = try start(name) { try $0.reports(of: shared) }
        shared.finish(work())
        return try answered()
    }
}
