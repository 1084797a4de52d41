import ArgumentParser
import Glibc
import Runtime

/// From arguments to an exit code.
enum Program {
    /// Parses and runs; prints what went wrong as one message on standard error.
    static func run(_ arguments: [String]) -> Int32 {
        StandardOutput.claimStandardDescriptors()
        // A reader that has gone is met as an error of `write`: closing a terminal's pipe must not end a run.
        signal(SIGPIPE, SIG_IGN)
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
        if error is StandardOutput.ReaderGone { return Runtime.ExitCode.done.rawValue }
        let code = Unimo.exitCode(for: error)
        let message = Unimo.fullMessage(for: error)
        if code == .success {
            do { try StandardOutput.write(lines: [message]) } catch { return report(error) }
            return Runtime.ExitCode.done.rawValue
        }
        StandardError.write(message + "\n")
        return code == .validationFailure ? Runtime.ExitCode.usage.rawValue : code.rawValue
    }

    /// One message on standard error.
    static func complain(_ message: String) { StandardError.write("unimo: \(message)\n") }
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
