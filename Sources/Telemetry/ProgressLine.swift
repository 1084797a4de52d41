import Glibc
import Runtime

/// One live line on a terminal; where standard error is no terminal, a plain line every few seconds.
///
/// Rates and losses are averages over the last 10 seconds or so, older steps counting less and less.
public final class ProgressLine {
    /// Seconds between lines.
    private static let liveInterval = 0.2
    private static let plainInterval = 5.0

    private let descriptor: Int32
    private let isLive: Bool
    private var average: ProgressAverage
    private var lastShown = -Double.infinity
    private var isShowing = false

    /// - Parameters:
    ///   - steps: the step the run ends at.
    ///   - start: the step it begins or resumes at.
    public convenience init(steps: Int, startingAt start: Int = 0) {
        self.init(steps: steps, descriptor: STDERR_FILENO, isLive: isatty(STDERR_FILENO) == 1)
        average.step = start
    }

    init(steps: Int, descriptor: Int32, isLive: Bool) {
        self.descriptor = descriptor
        self.isLive = isLive
        average = ProgressAverage(steps: steps)
    }

    /// Takes a step in, and shows it when it is time to.
    public func update(_ metrics: StepMetrics) { update(metrics, now: Clock.seconds) }

    func update(_ metrics: StepMetrics, now: Double) {
        average.add(metrics)
        let interval = isLive ? ProgressLine.liveInterval : ProgressLine.plainInterval
        guard now - lastShown >= interval || average.isLast else { return }
        lastShown = now
        show()
    }

    /// Takes the live line away, so that `body` can print; it comes back with the next step.
    public func interrupted<Result>(_ body: () throws -> Result) rethrows -> Result {
        if isShowing { emit("\r\u{1B}[K") }
        isShowing = false
        return try body()
    }

    /// Leaves the last line standing.
    public func finish() {
        if isShowing { emit("\n") }
        isShowing = false
    }

    private func show() {
        guard isLive else { return emit(average.text.printableLine + "\n") }
        emit("\r" + String(average.text.printableLine.prefix(width - 1)) + "\u{1B}[K")
        isShowing = true
    }

    private var width: Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 120
    }

    private func emit(_ text: String) { StandardError.write(sequence: text, to: descriptor) }
}

/// The figures of a progress line.
struct ProgressAverage {
    private static let window = 10.0

    let steps: Int
    var step = 0
    private var seconds = 0.0
    private var count = 0.0
    private var samples = 0.0
    private var tokens = 0.0
    private var dataWait = 0.0
    private var exposed = 0.0
    private var skipped = 0
    private var losses: [(objective: String, sum: Double, samples: Double)] = []

    init(steps: Int) { self.steps = steps }

    var isLast: Bool { step >= steps }

    mutating func add(_ metrics: StepMetrics) {
        let keep = exp(-max(metrics.seconds, 0) / ProgressAverage.window)
        step = metrics.step + 1
        seconds = seconds * keep + metrics.seconds
        count = count * keep + 1
        samples = samples * keep + Double(metrics.samples)
        tokens = tokens * keep + Double(metrics.tokens)
        dataWait = dataWait * keep + metrics.dataWait
        exposed = exposed * keep + metrics.exposedCommunication
        if metrics.skipped { skipped += 1 }
        for index in losses.indices {
            losses[index].sum *= keep
            losses[index].samples *= keep
        }
        for batch in metrics.batches where batch.loss.isFinite { add(batch) }
    }

    private mutating func add(_ batch: BatchMetrics) {
        let weight = Double(max(batch.samples, 1))
        if let index = losses.firstIndex(where: { $0.objective == batch.objective }) {
            losses[index].sum += batch.loss * weight
            losses[index].samples += weight
        } else {
            losses.append((batch.objective, batch.loss * weight, weight))
        }
    }

    var text: String {
        let time = max(seconds, 1e-9)
        var parts = ["step \(step)/\(steps)"]
        parts += losses.map { "\($0.objective) \(ProgressAverage.figure($0.sum / $0.samples))" }
        parts.append("\(ProgressAverage.figure(samples / time)) samples/s")
        parts.append("\(ProgressAverage.figure(tokens / time)) tokens/s")
        parts.append("data \(ProgressAverage.percent(dataWait / time))")
        parts.append("comm \(ProgressAverage.percent(exposed / time))")
        if skipped > 0 { parts.append("skipped \(skipped)") }
        parts.append("\(ProgressAverage.duration(Double(max(steps - step, 0)) * time / max(count, 1e-9))) left")
        return parts.joined(separator: " · ")
    }

    /// Three or four digits: `0.0123`, `4.56`, `123`, `45.6k`.
    static func figure(_ value: Double) -> String {
        func fixed(_ value: Double, _ digits: Int) -> String {
            let scale = pow(10, Double(digits))
            let whole = Int((abs(value) * scale).rounded())
            let text = String(whole / Int(scale))
            guard digits > 0 else { return (value < 0 ? "-" : "") + text }
            let rest = String(whole % Int(scale))
            return (value < 0 ? "-" : "") + text + "." + String(repeating: "0", count: digits - rest.count) + rest
        }
        guard value.isFinite else { return "?" }
        switch abs(value) {
        case ..<0.1: return fixed(value, 4)
        case ..<10: return fixed(value, 3)
        case ..<100: return fixed(value, 1)
        case ..<10_000: return fixed(value, 0)
        case ..<1e7: return fixed(value / 1e3, 1) + "k"
        case ..<1e15: return fixed(value / 1e6, 1) + "M"
        default: return "\(value)"
        }
    }

    static func percent(_ fraction: Double) -> String {
        fraction.isFinite ? "\(Int((100 * min(max(fraction, 0), 9.99)).rounded()))%" : "?%"
    }

    /// `12 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        case ..<86400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86400) d \(whole % 86400 / 3600) h"
        }
    }
}
