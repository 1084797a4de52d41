import Glibc
import Runtime

/// Notices that the rank is stuck where no error can reach anybody: inside a transport call that does not return, or
/// with an error that nobody asks for because the compute thread hangs. It never calls the transport.
final class Watchdog: @unchecked Sendable {
    // Safety: everything mutable is touched only while `monitor` is locked.
    private let monitor = Monitor()
    private let history: OperationHistory
    private let polling: PollingState
    /// Seconds beyond the deadline in which the ordinary error has its chance.
    private let limit: Double
    private let grace: Double
    private let onStall: @Sendable (String) -> Void
    private var agenda: Agenda?
    private var rank: Int?
    private var isStopping = false
    private var thread: Thread?

    init(
        history: OperationHistory, polling: PollingState, deadline: Double,
        onStall: @escaping @Sendable (String) -> Void
    ) {
        self.polling = polling
        self.history = history
        self.onStall = onStall
        grace = max(deadline / 10, 0.5)
        limit = deadline + grace
        thread = Thread(name: "watchdog", stackSize: 256 << 10) { [unowned self] in self.run() }
    }

    func watch(_ agenda: Agenda, rank: Int) {
        monitor.locked {
            self.agenda = agenda
            self.rank = rank
        }
    }

    func stop() {
        monitor.locked {
            isStopping = true
            monitor.notify()
        }
        thread?.join()
        thread = nil
    }

    /// Writes the dump to standard error and ends the process.
    static let exit: @Sendable (String) -> Void = { dump in
        StandardError.write(dump)
        _exit(ExitCode.transport.rawValue)
    }

    private func run() {
        let interval = min(max(grace / 4, 0.05), 5)
        while true {
            let isOver = monitor.locked { () -> Bool in
                let end = Clock.seconds + interval
                while !isStopping && Clock.seconds < end { monitor.wait(until: end) }
                return isStopping
            }
            if isOver { return }
            if let reason = stallReason() {
                onStall(dump(reason))
                return
            }
        }
    }

    private func stallReason() -> String? {
        let agenda = monitor.locked { self.agenda }
        let silence = polling.secondsSinceBeat
        if let (failure, seconds) = agenda?.unseenFailure, seconds > grace {
            return "\(failure); the compute thread has not asked for \(Int(seconds)) s"
        }
        guard let (entry, seconds) = history.current, min(seconds, silence) > limit else { return nil }
        return "step \(entry.step), operation \(entry.operation): stuck for \(Int(silence)) s inside the transport"
    }

    private func dump(_ reason: String) -> String {
        let name = monitor.locked { rank }.map { "rank \($0)" } ?? "a rank that never connected"
        let lines = history.lines.map { "  \($0)\n" }.joined()
        return "\(name) is stuck and ends itself: \(reason)\nlast operations, oldest first:\n\(lines)"
    }
}
