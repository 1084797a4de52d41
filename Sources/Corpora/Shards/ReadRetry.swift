import Glibc
public import Logging
public import Runtime
import Storage
import Synchronization

/// How often a read that the operating system refused is tried again. Damaged bytes are read again too, once: a network
/// share may have served a half-written page.
public struct ReadRetry: Sendable {
    /// A read that failed and is about to be tried again.
    public struct Notice: Sendable, CustomStringConvertible {
        /// The file.
        public var path: String
        /// Attempts that have failed, from 1, and those that are made at most.
        public var attempt: Int
        public var attempts: Int
        public var error: any Error
        /// Seconds until the next attempt.
        public var wait: Double

        public var description: String {
            "\(path): reading failed (attempt \(attempt) of at most \(attempts)), again in \(wait) s: \(error)"
        }
    }

    /// Waits between the attempts, seconds.
    public var waits: [Double]
    /// Called before each wait.
    public var notice: @Sendable (Notice) -> Void

    public init(waits: [Double], notice: @escaping @Sendable (Notice) -> Void = { _ in }) {
        precondition(waits.allSatisfy { $0 >= 0 }, "waits of \(waits) seconds")
        self.waits = waits
        self.notice = notice
    }

    /// After 0.1, 1 and 10 seconds, each attempt with a warning.
    public static func standard(_ log: Logger = Log.logger("corpora")) -> ReadRetry {
        let said = Mutex<Set<String>>([])
        return ReadRetry(waits: [0.1, 1, 10]) { notice in
            // Every sample of a damaged frame meets the same fault, with the same words.
            guard said.withLock({ $0.count < mostSaid && $0.insert("\(notice)").inserted }) else { return }
            log.warning("\(notice)")
        }
    }

    /// Different warnings of one run.
    private static let mostSaid = 1000

    public static var never: ReadRetry { ReadRetry(waits: []) }

    /// - Parameter path: the file that `body` reads.
    func run<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        var damaged = false
        for (number, wait) in waits.enumerated() {
            do { return try attempt(body) } catch {
                guard Self.mayPass(error, damaged) else { throw error }
                damaged = damaged || Self.isDamage(error)
                notice(Notice(path: path, attempt: number + 1, attempts: waits.count + 1, error: error, wait: wait))
                usleep(UInt32(wait * 1e6))
            }
        }
        return try attempt(body)
    }

    private func attempt<Value>(_ body: () throws -> Value) throws -> Value {
        try FaultPoint.visit("corpus.read")
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
        if error is FaultPoint.Injected { return true }
        guard case StorageError.system(_, _, let code) = error else { return false }
        return [EIO, EAGAIN, ETIMEDOUT, ESTALE, EINTR, ENETDOWN, ECONNRESET, EHOSTUNREACH].contains(code)
    }
}
