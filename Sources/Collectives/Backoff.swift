import Glibc
import Runtime
import Synchronization

/// What a polling thread and the rest of the rank tell each other.
final class PollingState: Sendable {
    /// The affinity mask has a core that no compute thread needs.
    let hasSpareCore = Atomic<Bool>(false)
    /// More ranks than cores share the affinity mask: who polls without yielding keeps a peer from answering.
    let isCrowded = Atomic<Bool>(true)
    /// The compute threads are waiting for the result, so that their core is free.
    let isAwaited = Atomic<Bool>(false)
    /// When the poller was last seen alive, as the bits of `Clock.seconds`.
    private let beat = Atomic<UInt64>(0)
    /// The exit code with which the poller shall end the job; 0 while it shall not.
    let abortCode = Atomic<Int32>(0)

    var isEager: Bool { isAwaited.load(ordering: .relaxed) || hasSpareCore.load(ordering: .relaxed) }

    func beat(at seconds: Double) { beat.store(seconds.bitPattern, ordering: .relaxed) }
    var secondsSinceBeat: Double { Clock.seconds - Double(bitPattern: beat.load(ordering: .relaxed)) }
}

/// How a polling thread passes the time: it polls on while somebody waits for it, and otherwise sleeps longer and longer,
/// so that it never takes a core from the computation it overlaps with.
struct Backoff {
    /// Seconds of polling before sleeping, when eager.
    private static let patience = 2e-3
    private static let shortestSleep = 10_000
    private static let longestSleep = 2_000_000

    private let state: PollingState
    private var start = 0.0
    private var sleep = Backoff.shortestSleep
    /// When polling last became eager.
    private var eagerStart = 0.0
    private var isEager = false

    init(_ state: PollingState) { self.state = state }

    /// Something moved.
    mutating func reset() {
        start = 0
        isEager = false
        sleep = Self.shortestSleep
    }

    /// Passes a little time. Returns the seconds since something last moved.
    mutating func pause() -> Double {
        let now = Clock.seconds
        state.beat(at: now)
        if start == 0 { start = now }
        let wasEager = isEager
        isEager = state.isEager
        if isEager && !wasEager { eagerStart = now }
        if isEager && now - eagerStart < Self.patience {
            if state.isCrowded.load(ordering: .relaxed) { sched_yield() }
        } else {
            var time = timespec(tv_sec: 0, tv_nsec: sleep)
            nanosleep(&time, nil)
            sleep = min(sleep * 3 / 2, Self.longestSleep)
        }
        return now - start
    }
}
