import Glibc
import Runtime

/// How far work on samples is, stage by stage: one live line on a terminal, a plain line every few seconds elsewhere.
final class SampleProgress {
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let status = StatusLine()
    private let isLive = isatty(STDERR_FILENO) == 1
    private var lastShown = Clock.seconds
    /// The stage that is shown, when it began, and what was done of it then.
    private var stage = (name: "", start: 0.0, done: 0)

    func show(_ what: String, _ done: Int, _ all: Int) {
        let now = Clock.seconds
        if stage.name != what { stage = (what, now, done) }
        guard now - lastShown >= (isLive ? Self.liveInterval : Self.plainInterval) else { return }
        lastShown = now
        let text = Self.text(what, done, all, since: stage.done, seconds: now - stage.start)
        if isLive { status.show(text) } else { Program.printError(text + "\n") }
    }

    func clear() { status.clear() }

    /// - Parameter start: what of it was done `seconds` ago.
    private static func text(_ what: String, _ done: Int, _ all: Int, since start: Int, seconds: Double) -> String {
        let text = "\(what): \(done) of \(all)"
        guard seconds > 0.5, done > start else { return text }
        let rate = Double(done - start) / seconds
        return "\(text) · \(Int(rate.rounded()))/s · \(WorkProgress.duration(Double(all - done) / rate)) left"
    }
}
