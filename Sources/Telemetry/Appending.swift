import Glibc

/// Writing at the end of a file, whole or not at all.
enum Appending {
    /// - Parameter descriptor: opened with `O_APPEND`. What was written of `bytes` is taken back when the rest fails.
    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String, action: String) throws {
        let end = lseek(descriptor, 0, SEEK_END)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                let fault = TelemetryError.system(path, action)
                if end >= 0 { _ = ftruncate(descriptor, end) }
                throw fault
            }
            written += count
        }
    }
}
