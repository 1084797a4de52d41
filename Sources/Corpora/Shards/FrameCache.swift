import Runtime

/// The frames decompressed last, so that neighbours in a frame are decompressed once.
final class FrameCache: @unchecked Sendable {
    // Safety: every stored property is touched only while `monitor` is locked.
    struct Place: Hashable {
        var shard: Int
        var frame: Int
    }

    private struct Entry {
        var bytes: [UInt8]
        var lastUse: Int
    }

    private let monitor = Monitor()
    private let capacity: Int
    private var entries: [Place: Entry] = [:]
    private var loading: Set<Place> = []
    private var used = 0
    private var clock = 0

    /// - Parameter capacity: bytes kept at most; the newest frame is kept even when it is larger.
    init(capacity: Int) { self.capacity = capacity }

    /// The frame's bytes, from memory or by `load`; two threads never load one frame at once.
    func bytes(of place: Place, load: () throws -> [UInt8]) throws -> [UInt8] {
        if let bytes = claim(place) { return bytes }
        do {
            let bytes = try load()
            keep(bytes, place)
            return bytes
        } catch {
            monitor.locked {
                loading.remove(place)
                monitor.notify()
            }
            throw error
        }
    }

    /// The bytes when they are there; nil when the caller has to load them.
    private func claim(_ place: Place) -> [UInt8]? {
        monitor.locked {
            while loading.contains(place) { monitor.wait() }
            clock += 1
            entries[place]?.lastUse = clock
            if let entry = entries[place] { return entry.bytes }
            loading.insert(place)
            return nil
        }
    }

    private func keep(_ bytes: [UInt8], _ place: Place) {
        monitor.locked {
            loading.remove(place)
            while used + bytes.count > capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                used -= oldest.value.bytes.count
                entries[oldest.key] = nil
            }
            clock += 1
            entries[place] = Entry(bytes: bytes, lastUse: clock)
            used += bytes.count
            monitor.notify()
        }
    }
}
