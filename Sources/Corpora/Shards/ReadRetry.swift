import Glibc
import Storage

/// How often a read that the operating system refused is tried again. Damaged bytes are read again too, once: a network
/// share may have served a half-written page.
public struct ReadRetry: Sendable {
    /// Waits between the attempts, seconds.
    public var waits: [Double]
    /// Called before each wait, with the error and the seconds.
    public var notice: @Sendable (_ error: any Error, _ wait: Double) -> Void

    public init(waits: [Double], notice: @escaping @Sendable (any Error, Double) -> Void = { _, _ in }) {
        precondition(waits.allSatisfy { $0 >= 0 }, "waits of \(waits) seconds")
        self.waits = waits
        self.notice = notice
    }

    /// After 0.1, 1 and 10 seconds.
    public static var standard: ReadRetry { ReadRetry(waits: [0.1, 1, 10]) }
    public static var never: ReadRetry { ReadRetry(waits: []) }

    func run<Value>(_ body: () throws -> Value) throws -> Value {
        var damaged = false
        for wait in waits {
            do { return try body() } catch {
                guard Self.mayPass(error, damaged) else { throw error }
                damaged = damaged || Self.isDamage(error)
                notice(error, wait)
                usleep(UInt32(wait * 1e6))
            }
        }
        return try body()
    }

    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case CorpusError.damaged, StorageError.damaged: true
        default: false
        }
    }

    /// True for an error that another attempt may not meet.
    private static func mayPass(_ error: any Error, _ wasDamaged: Bool) -> Bool {
        if isDamage(error) { return !wasDamaged }
        guard case StorageError.system(_, _, let code) = error else { return false }
        return [EIO, EAGAIN, ETIMEDOUT, ESTALE, EINTR, ENETDOWN, ECONNRESET, EHOSTUNREACH].contains(code)
    }
}
