public import ArgumentParser
public import Corpora
public import Models
import Recipes
import Runtime
import Telemetry

/// `--json`, the same for every command that has figures.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print one JSON object and nothing else on standard output.")
    var isOn = false

    /// Writes the object, or the lines for people, to standard output. A reader that has gone has what it wanted: the exit
    /// code stays that of the work.
    func write(_ value: JSONValue, else lines: [String]) throws {
        do {
            if isOn {
                try StandardOutput.write(Array((value.text + "\n").utf8))
            } else {
                try StandardOutput.write(lines: lines)
            }
        } catch is StandardOutput.ReaderGone { return }
    }
}

/// `--workers`, for work on files.
struct WorkersOption: ParsableArguments {
    @Option(name: .customLong("workers"), help: "Threads (default: the processors this process may run on).")
    var given: Int?

    var count: Int { given ?? Affinity.count }

    func validate() throws {
        try NumberOption.check("--workers", given, in: NumberOption.threads)
    }
}

/// A size on the command line, such as `64MiB`.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = Quantity.bytes(argument) else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String { Quantity.writeBytes(bytes) }

    func check(_ option: String, from least: Int, to most: Int) throws {
        guard !(least...most).contains(bytes) else { return }
        throw ValidationError(
            "\(option) takes \(Quantity.writeBytes(least)) to \(Quantity.writeBytes(most)), not "
                + Quantity.writeBytes(bytes))
    }
}

extension CorpusKind: ExpressibleByArgument {
    public static var allValueStrings: [String] { packed.map(\.rawValue) }
}
extension ModelConfig.Kind: ExpressibleByArgument {}
extension TextUnit: ExpressibleByArgument {}
extension HoldOut.Part: ExpressibleByArgument {}
extension SourceFormat: ExpressibleByArgument {}

extension ColumnNames: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
