import Glibc
import Synchronization

/// Named places where a test makes the process die, fail or pause, chosen by `UNIMO_FAULT=name:count`: the count-th visit,
/// from 1, kills the process as `kill -9` would. `name:count:fail` throws instead, `name:count:stop` stops it as SIGSTOP does,
/// and `name:count:sleep=SECONDS` takes that long.
public enum FaultPoint {
    public struct Injected: DiagnosedError {
        public let point: String
        public var exitCode: ExitCode { .checkpoint }
        public var description: String { "injected fault at \(point) (UNIMO_FAULT is set; unset it)" }
    }

    private enum Action {
        case die
        case fail
        case stop
        case sleep(Double)

        init?(_ text: Substring?) {
            switch text {
            case nil: self = .die
            case "fail": self = .fail
            case "stop": self = .stop
            case let text?:
                guard text.hasPrefix("sleep="), let seconds = Double(text.dropFirst(6)), (0...86400).contains(seconds)
                else { return nil }
                self = .sleep(seconds)
            }
        }
    }

    private static let request: (name: String, count: Int, action: Action)? = {
        guard let text = getenv("UNIMO_FAULT").map({ String(cString: $0) }) else { return nil }
        let parts = text.split(separator: ":")
        guard parts.count >= 2, let count = Int(parts[1]), let action = Action(parts.count > 2 ? parts[2] : nil) else {
            return nil
        }
        return (String(parts[0]), count, action)
    }()
    private static let visits = Atomic<Int>(0)

    /// Marks the place `name`.
    public static func visit(_ name: String) throws {
        guard isReached(name), let request else { return }
        switch request.action {
        case .die: kill(getpid(), SIGKILL)
        case .fail: throw Injected(point: name)
        case .stop: kill(getpid(), SIGSTOP)
        case .sleep(let seconds): usleep(UInt32(seconds * 1e6))
        }
    }

    /// Marks the place `name`, where something else than dying, failing or pausing happens: whether it does now.
    public static func isReached(_ name: String) -> Bool {
        guard let request, request.name == name else { return false }
        return visits.add(1, ordering: .relaxed).newValue == request.count
    }
}
