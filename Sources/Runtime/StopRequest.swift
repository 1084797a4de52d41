import Glibc
import Synchronization

/// A request to save and stop, from a signal: SIGUSR1 (what launchers forward at once), SIGTERM or SIGINT.
public enum StopRequest {
    private static let isMade = Atomic<Bool>(false)

    /// From now on the first of these signals asks; a second SIGINT or SIGTERM ends the process.
    public static func listen() {
        for number in [SIGUSR1, SIGTERM, SIGINT] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in StopRequest.isMade.store(true, ordering: .relaxed) }
            let once = number == SIGUSR1 ? 0 : UInt32(SA_RESETHAND)
            action.sa_flags = Int32(bitPattern: once | UInt32(SA_RESTART))
            sigaction(number, &action, nil)
        }
    }

    public static var isPending: Bool { isMade.load(ordering: .relaxed) }
}
