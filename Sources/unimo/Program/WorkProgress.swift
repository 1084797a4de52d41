import Glibc
import Recipes
import Runtime

/// How far work over a known number of bytes is: one live line on a terminal, a plain line every few seconds elsewhere.
final class WorkProgress: @unchecked Sendable {
    // Safety: `show` and `clear` are called by one thread at a time, which is their caller's to see to.
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let verb: String
    private let status = StatusLine()
    private let isLive = isatty(STDERR_FILENO) == 1
    private let start = Clock.seconds
    private var lastShown: Double

    /// - Parameter verb: what happens to the bytes: `checked`, `read`.
    init(verb: String) {
        self.verb = verb
        lastShown = Clock.seconds
    }

    var seconds: Double { Clock.seconds - start }

    func show(done: UInt64, total: UInt64, samples: Int) {
        let now = Clock.seconds
        guard now - lastShown >= (isLive ? Self.liveInterval : Self.plainInterval) else { return }
        lastShown = now
        let share = total == 0 ? 1 : Double(done) / Double(total)
        var text = "\(Int(min(share, 1) * 100)) % · \(samples) samples · \(Quantity.approximate(done)) \(verb)"
        if share > 0 { text += " · \(Self.duration((now - start) * (1 - share) / share)) left" }
        if isLive { status.show(text) } else { StandardError.write(text.printableLine + "\n") }
    }

    func clear() { status.clear() }

    /// `12 s`, `3 min 20 s`, `5 h 12 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds < 1e7 else { return "long" }
        let whole = max(Int(seconds.rounded()), 0)
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
