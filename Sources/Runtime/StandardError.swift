import Glibc

/// What is said beside the results: errors, logs, progress. That it can't be written never ends a run.
public enum StandardError {
    /// Writes text for people, control characters in it written out.
    public static func write(_ text: String) { write(sequence: text.printable) }

    /// Writes text that may move the cursor: of this program's own making, with nothing of others in it.
    public static func write(sequence text: String, to descriptor: Int32 = 2) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, base, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }
}
