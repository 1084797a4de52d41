import Glibc
import Runtime
import Synchronization

/// Ctrl-C during work that leaves something half done: the first asks to stop, the second ends at once.
enum Interruption {
    private static let isRequested = Atomic<Bool>(false)

    /// Thrown by `check` after Ctrl-C.
    struct Requested: DiagnosedError {
        var exitCode: Runtime.ExitCode { .stopped }
        var remark = "nothing was left behind"
        var description: String { "interrupted; \(remark)" }
    }

    /// Lets `check` see the first Ctrl-C (or SIGTERM) from now on.
    static func catchSignals() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.isRequested.store(true, ordering: .relaxed) }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND) | UInt32(SA_RESTART))
            sigaction(number, &action, nil)
        }
    }

    /// Throws when Ctrl-C was pressed.
    static func check() throws {
        if isRequested.load(ordering: .relaxed) { throw Requested() }
    }
}
