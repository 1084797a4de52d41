import Glibc
import Synchronization

/// Named places where a test makes the process die or fail, chosen by `UNIMO_FAULT=name:count` (the count-th visit,
/// from 1, kills the process as `kill -9` would) or `UNIMO_FAULT=name:count:fail` (the visit throws instead).
public enum FaultPoint {
    public struct Injected: DiagnosedError {
        public let point: String
        public var exitCode: ExitCode { .checkpoint }
        public var description: String { "injected fault at \(point) (UNIMO_FAULT is set; unset it)" }
    }

    private static let request: (name: String, count: Int, fails: Bool)? = {
        guard let text = getenv("UNIMO_FAULT").map({ String(cString: $0) }) else { return nil }
        let parts = text.split(separator: ":")
        guard parts.count >= 2, let count = Int(parts[1]) else { return nil }
        return (String(parts[0]), count, parts.count > 2 && parts[2] == "fail")
    }()
    private static let visits = Atomic<Int>(0)

    /// Marks the place `name`.
    public static func visit(_ name: String) throws {
        guard let request, request.name == name else { return }
        guard visits.add(1, ordering: .relaxed).newValue == request.count else { return }
        if request.fails { throw Injected(point: name) }
        kill(getpid(), SIGKILL)
    }
}
