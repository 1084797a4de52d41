import CBaseline
import Glibc

/// A named operating-system thread that runs one closure.
public final class Thread: @unchecked Sendable {
    // Safety: `handle` is written once in `init` and consumed once in `join`.
    private var handle = pthread_t()
    private var isJoined = false

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameter name: shown by `top -H`; the kernel keeps 15 bytes.
    public init(name: String, stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackSize)
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let status = pthread_create(
            &handle, &attributes,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                unimo_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "no thread could be started for \(name): \(String(cString: strerror(status)))")
    }

    /// Waits for the closure to return.
    public func join() {
        precondition(!isJoined, "a thread is joined once")
        isJoined = true
        pthread_join(handle, nil)
    }
}

/// The processors this process may run on.
public enum Affinity {
    /// Number of CPUs in the mask of the calling thread.
    public static var count: Int { max(cpus.count, 1) }

    /// The CPU numbers in the mask of the calling thread.
    public static var cpus: [Int] {
        var cpus = [Int32](repeating: 0, count: 1024)
        let count = unimo_affinity(&cpus, Int32(cpus.count))
        return cpus.prefix(Int(count)).map { Int($0) }
    }
}
