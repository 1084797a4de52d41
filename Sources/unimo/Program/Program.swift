import ArgumentParser
import Glibc
import Runtime

/// From arguments to an exit code.
enum Program {
    /// Parses and runs; prints what went wrong as one message on standard error.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            var command = try Unimo.parseAsRoot(arguments)
            try command.run()
            return Runtime.ExitCode.done.rawValue
        } catch {
            return report(error)
        }
    }

    /// Prints the error and returns the code it stands for.
    static func report(_ error: any Error) -> Int32 {
        if let diagnosed = error as? any DiagnosedError {
            complain("\(diagnosed)")
            return diagnosed.exitCode.rawValue
        }
        if let ended = error as? Ended { return ended.code }
        let code = Unimo.exitCode(for: error)
        let message = Unimo.fullMessage(for: error)
        if code == .success {
            print(message)
            return Runtime.ExitCode.done.rawValue
        }
        printError(message + "\n")
        return code == .validationFailure ? Runtime.ExitCode.usage.rawValue : code.rawValue
    }

    /// One message on standard error.
    static func complain(_ message: String) { printError("unimo: \(message)\n") }

    /// Writes bytes to standard output as they are.
    static func printBytes(_ bytes: [UInt8]) throws {
        fflush(nil)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw UsageError(description: "standard output: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes to standard error at once, bytes of names that are no UTF-8 as `\xE9`.
    static func printError(_ text: String) {
        _ = ForeignName.shown(text).withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }
}

/// A command that has said what is to be said, and how the process exits.
struct Ended: Error {
    let code: Int32

    init(_ code: Runtime.ExitCode) { self.code = code.rawValue }
    init(rawCode: Int32) { code = rawCode }
}

/// A wrong command line that the parser can't see.
struct UsageError: DiagnosedError {
    let description: String
    var exitCode: Runtime.ExitCode { .usage }
}
