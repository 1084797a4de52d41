import Runtime

/// The values loaded last, for several threads: neighbours in a frame are decompressed once, and two threads never load
/// one value at once.
final class SharedCache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
    // Safety: every stored property is touched only while `monitor` is locked.
    private struct Entry {
        var value: Value
        var cost: Int
        var lastUse: Int
    }

    private let monitor = Monitor()
    private let capacity: Int
    private let cost: @Sendable (Value) -> Int
    private var entries: [Key: Entry] = [:]
    private var loading: Set<Key> = []
    private var used = 0
    private var clock = 0

    /// - Parameters:
    ///   - capacity: what the kept values cost at most; the newest is kept even when it costs more.
    ///   - cost: of a value, for example its bytes.
    init(capacity: Int, cost: @escaping @Sendable (Value) -> Int) {
        self.capacity = capacity
        self.cost = cost
    }

    /// The value, from memory or by `load`.
    func value(of key: Key, load: () throws -> Value) throws -> Value {
        if let value = claim(key) { return value }
        do {
            let value = try load()
            keep(value, key)
            return value
        } catch {
            monitor.locked {
                loading.remove(key)
                monitor.notify()
            }
            throw error
        }
    }

    /// The value when it is there; nil when the caller has to load it.
    private func claim(_ key: Key) -> Value? {
        monitor.locked {
            while loading.contains(key) { monitor.wait() }
            clock += 1
            entries[key]?.lastUse = clock
            if let entry = entries[key] { return entry.value }
            loading.insert(key)
            return nil
        }
    }

    private func keep(_ value: Value, _ key: Key) {
        let cost = cost(value)
        monitor.locked {
            loading.remove(key)
            while used + cost > capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                used -= oldest.value.cost
                entries[oldest.key] = nil
            }
            clock += 1
            entries[key] = Entry(value: value, cost: cost, lastUse: clock)
            used += cost
            monitor.notify()
        }
    }
}
