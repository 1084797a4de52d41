import Synchronization

/// Signs of life of work that takes long: whoever reads, writes, hashes or counts much says so now and then. Work that
/// has long given none is stuck, not slow.
public enum WorkPulse {
    private static let beats = Atomic<Int>(0)

    public static func beat() { beats.add(1, ordering: .relaxed) }

    /// Grows while work of this process gets on.
    public static var count: Int { beats.load(ordering: .relaxed) }
}
