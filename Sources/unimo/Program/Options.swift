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

    /// Prints the object, or the lines for people.
    func print(_ value: JSONValue, else lines: [String]) {
        if isOn { Swift.print(value.text) } else { for line in lines { Swift.print(ForeignName.shown(line)) } }
    }
}

/// `--workers`, for work on files.
struct WorkersOption: ParsableArguments {
    @Option(name: .customLong("workers"), help: "Threads (default: the processors this process may run on).")
    var given: Int?

    var count: Int { given ?? Affinity.count }

    func validate() throws {
        if let given, !(1...1024).contains(given) {
            throw ValidationError("--workers takes a number in 1...1024, not \(given)")
        }
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
