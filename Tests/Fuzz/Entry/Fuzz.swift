import CFuzzer
import FuzzParsers
import Glibc

/// libFuzzer over one parser: `fuzz PARSER [its own options and folders]`. `tools/fuzz` calls it.
///
///     fuzz --list          names, and the longest input of each
///     fuzz --seeds FOLDER  writes every parser's seeds into a folder of its name
@main struct Fuzz {
    /// What is fuzzed; set before the driver starts.
    nonisolated(unsafe) private static var parser: FuzzParser?
    nonisolated(unsafe) private static var scratch: FuzzDirectory?

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "--list": for parser in FuzzParser.all { print(parser.name, parser.maxLength) }
        case "--seeds":
            guard arguments.count == 2, let folder = arguments.last else { return refuse("--seeds needs a folder") }
            try FuzzSeeds.write(to: folder)
        case let name?:
            guard let found = FuzzParser.all.first(where: { $0.name == name }) else {
                return refuse("no parser is called \(name)")
            }
            parser = found
            scratch = try FuzzDirectory()
            // The driver ends the process.
            atexit { Fuzz.scratch = nil }
            exit(drive())
        case nil: refuse("the name of a parser is missing")
        }
    }

    private static func refuse(_ message: String) {
        say("\(message); see --list")
        exit(2)
    }

    private static func say(_ message: String) {
        let line = Array("fuzz: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    /// Hands the driver everything but the parser's name.
    private static func drive() -> Int32 {
        let arguments = CommandLine.unsafeArgv
        var rest: [UnsafeMutablePointer<CChar>?] = [arguments[0]]
        for index in 2..<max(Int(CommandLine.argc), 2) { rest.append(arguments[index]) }
        var count = Int32(rest.count)
        rest.append(nil)
        return rest.withUnsafeMutableBufferPointer { rest in
            var base = rest.baseAddress
            return LLVMFuzzerRunDriver(&count, &base) { data, size in
                Fuzz.take(UnsafeBufferPointer(start: data, count: size))
                return 0
            }
        }
    }

    private static func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let parser, let scratch else { return }
        do { _ = try parser.outcome(of: Array(bytes), in: scratch) } catch {
            say("\(parser.name): neither a value nor a typed error: \(type(of: error)): \(error)")
            abort()
        }
    }
}
