import Telemetry

/// One line of `doctor`.
struct Finding {
    enum Level: String {
        case ok
        case warn
        case fail
    }

    var name: String
    var level: Level
    var message: String
    /// What to do; empty when all is well.
    var remedy = ""

    static func ok(_ name: String, _ message: String) -> Finding {
        Finding(name: name, level: .ok, message: message)
    }
    static func warn(_ name: String, _ message: String, remedy: String) -> Finding {
        Finding(name: name, level: .warn, message: message, remedy: remedy)
    }
    static func fail(_ name: String, _ message: String, remedy: String) -> Finding {
        Finding(name: name, level: .fail, message: message, remedy: remedy)
    }

    var line: String {
        let label = level.rawValue + String(repeating: " ", count: 6 - level.rawValue.count)
        let padded = name + String(repeating: " ", count: max(1, 18 - name.count))
        return label + padded + message + (remedy.isEmpty ? "" : "; \(remedy)")
    }

    var json: JSONValue {
        [
            "name": .string(name), "level": .string(level.rawValue), "message": .string(message),
            "remedy": .string(remedy),
        ]
    }
}
