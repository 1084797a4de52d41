import Synchronization
import Glibc

/// A mutex with one condition variable: what a thread sleeps on.
public final class Monitor: @unchecked Sendable {
    // Safety: the two pthread objects live at fixed addresses and are only used through pthread calls.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    public init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        condition.deallocate()
    }

    public func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Sleeps until `notify`; only inside `locked`, and only in a loop that checks what it waits for.
    public func wait() { pthread_cond_wait(condition, mutex) }

    /// Sleeps until `notify`, or until `Clock.seconds` is `time`; only inside `locked`, in a loop as `wait()`.
    public func wait(until time: Double) {
        var limit = timespec(tv_sec: Int(time), tv_nsec: Int((time - time.rounded(.down)) * 1e9))
        pthread_cond_timedwait(condition, mutex, &limit)
    }

    public func notify() { pthread_cond_broadcast(condition) }
}

/// A bounded queue between threads.
public final class Channel<Element: Sendable>: @unchecked Sendable {
    // Safety: every stored property is touched only while `monitor` is locked.
    private let monitor = Monitor()
    private let capacity: Int
    private var elements: [Element] = []
    private var isClosed = false

    public init(capacity: Int) {
        precondition(capacity > 0, "a channel needs room for one element, got capacity \(capacity)")
        self.capacity = capacity
    }

    /// Waits for room. Returns false, dropping the element, when the channel has been closed.
    @discardableResult public func send(_ element: Element) -> Bool {
        monitor.locked {
            while elements.count >= capacity && !isClosed { monitor.wait() }
            guard !isClosed else { return false }
            elements.append(element)
            monitor.notify()
            return true
        }
    }

    /// Waits for an element; nil when the channel is closed and drained.
    public func receive() -> Element? {
        monitor.locked {
            while elements.isEmpty && !isClosed { monitor.wait() }
            guard !elements.isEmpty else { return nil }
            defer { monitor.notify() }
            return elements.removeFirst()
        }
    }

    /// No more elements are taken; those inside can still be received.
    public func close() {
        monitor.locked {
            isClosed = true
            monitor.notify()
        }
    }

    public var count: Int { monitor.locked { elements.count } }
}
