import Glibc
import Runtime

/// How far work of known length is: one live line on a terminal, a plain line every few seconds elsewhere.
final class CountedProgress {
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let status = StatusLine()
    private let isLive = isatty(STDERR_FILENO) == 1
    private var what = ""
    private var first = 0
    private var start = Clock.seconds
    private var lastShown = Clock.seconds

    /// - Parameter what: is counted: `samples read`, `samples rewritten`. Another one begins to count anew.
    func show(_ what: String, done: Int, total: Int) {
        let now = Clock.seconds
        if what != self.what {
            (self.what, first, start, lastShown) = (what, done, now, isLive ? 0 : now)
        }
        guard now - lastShown >= (isLive ? Self.liveInterval : Self.plainInterval) else { return }
        lastShown = now
        var text = "\(done * 100 / max(total, 1)) % · \(done) of \(total) \(what)"
        if done > first, now - start > 0.5 {
            let rate = Double(done - first) / (now - start)
            text += " · \(rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate))")/s"
            text += " · \(WorkProgress.duration(Double(total - done) / rate)) left"
        }
        if isLive { status.show(text) } else { StandardError.write(text.printableLine + "\n") }
    }

    func clear() { status.clear() }
}
