import Corpora
import Glibc
import Recipes
import Runtime

/// How far packing is: one live line on a terminal, a plain line every few seconds elsewhere.
final class PackProgressLine {
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let status = StatusLine()
    private let isLive = isatty(STDERR_FILENO) == 1
    private let start = Clock.seconds
    private var first: PackProgress?
    private var lastShown = -Double.infinity

    func show(_ progress: PackProgress) {
        let now = Clock.seconds
        let first = first ?? progress
        if self.first == nil {
            self.first = progress
            if !isLive { lastShown = now }
        }
        guard now - lastShown >= (isLive ? Self.liveInterval : Self.plainInterval) else { return }
        lastShown = now
        let text = Self.text(progress, since: first, seconds: now - start)
        if isLive { status.show(text) } else { StandardError.write(text.printableLine + "\n") }
    }

    func clear() { status.clear() }

    /// - Parameter first: the progress that what an earlier attempt did is not counted in.
    static func text(_ progress: PackProgress, since first: PackProgress, seconds: Double) -> String {
        let share = progress.total == 0 ? 1 : Double(progress.consumed) / Double(progress.total)
        var parts = [
            "\(Int(min(share, 1) * 100)) %", "\(progress.packed) packed",
            "\(Quantity.approximate(progress.consumed)) read", "\(Quantity.approximate(progress.bytes)) written",
        ]
        if progress.rejected > 0 { parts.append("\(progress.rejected) bad") }
        let read = Double(progress.consumed) - Double(first.consumed)
        if seconds > 0.5, read > 0 {
            parts.append("\(Int(Double(progress.packed - first.packed) / seconds)) samples/s")
            let left = Double(progress.total) - Double(progress.consumed)
            parts.append("\(WorkProgress.duration(max(left, 0) * seconds / read)) left")
        }
        return parts.joined(separator: " · ")
    }
}
