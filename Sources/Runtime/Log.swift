import Glibc
public import Logging

/// One line per event on standard error: `time level [rank r] message`.
public enum Log {
    private struct Handler: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info
        let label: String

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var now = time(nil)
            var parts = tm()
            localtime_r(&now, &parts)
            var stamp = [CChar](repeating: 0, count: 16)
            strftime(&stamp, stamp.count, "%H:%M:%S", &parts)
            let rank = metadata["rank"].map { " [rank \($0)]" } ?? ""
            let level = event.level == .info ? "" : " \(event.level.rawValue):"
            let text =
                stamp.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + rank + level
                + " " + "\(event.message)".printableLine + "\n"
            StandardError.write(text)
        }
    }

    /// The logger of a component.
    public static func logger(_ label: String, rank: Int? = nil) -> Logger {
        var logger = Logger(label: label) { Handler(label: $0) }
        if let rank { logger[metadataKey: "rank"] = "\(rank)" }
        return logger
    }
}
