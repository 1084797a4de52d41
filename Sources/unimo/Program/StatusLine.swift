import Glibc
import Runtime

/// What a command is doing, on a terminal only.
final class StatusLine {
    private let isLive = isatty(STDERR_FILENO) == 1
    private var isShowing = false

    func show(_ text: String) {
        guard isLive else { return }
        StandardError.write(sequence: "\r\(text.printableLine)\u{1B}[K")
        isShowing = true
    }

    func clear() {
        if isShowing { StandardError.write(sequence: "\r\u{1B}[K") }
        isShowing = false
    }

    deinit { clear() }
}
