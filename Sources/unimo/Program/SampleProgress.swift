import Glibc
import Runtime

/// How far work over a known number of samples is: one live line on a terminal, a plain line every few seconds elsewhere.
final class SampleProgress {
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let status = StatusLine()
    private let isLive = isatty(STDERR_FILENO) == 1
    private var verb = ""
    private var first = 0
    private var start = Clock.seconds
    private var lastShown = Clock.seconds

    /// - Parameter verb: what happens to the samples: `read`, `rewritten`. Another one begins to count anew.
    func show(_ verb: String, done: Int, total: Int) {
        let now = Clock.seconds
        if verb != self.verb {
            (self.verb, first, start, lastShown) = (verb, done, now, isLive ? 0 : now)
        }
        guard now - lastShown >= (isLive ? Self.liveInterval : Self.plainInterval) else { return }
        lastShown = now
        var text = "\(done * 100 / max(total, 1)) % · \(done) of \(total) samples \(verb)"
        if done > first, now - start > 0.5 {
            let rate = Double(done - first) / (now - start)
            text += " · \(rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate))")/s"
            text += " · \(WorkProgress.duration(Double(total - done) / rate)) left"
        }
        if isLive { status.show(text) } else { Program.printError(text + "\n") }
    }

    func clear() { status.clear() }
}
