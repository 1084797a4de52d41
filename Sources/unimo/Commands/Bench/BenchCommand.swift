import ArgumentParser
import Telemetry
import Tensors
import Training

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine and this build.",
        discussion: """
            Rows have a name, a value, a unit and, where there is one, the limit measured in the same run. Close other \
            programs, and unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unless they are meant.
            """,
        subcommands: [
            BenchMatmul.self, BenchKernels.self, BenchStep.self, BenchRing.self, BenchLoader.self, BenchTokenizer.self,
            BenchCorpus.self,
        ])
}

/// One row of a benchmark.
struct BenchmarkRow {
    var name: String
    var value: Double
    var unit: String
    /// The measured limit, in the same unit.
    var peak: Double?
    /// Payload, where the row is about moving bytes.
    var bytes: Int?
    /// Figures beside it, by name.
    var extra: [String: Double] = [:]

    private var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("name", .string(name)), ("value", .number(value)), ("unit", .string(unit)),
            ("peak", peak.map { .number($0) } ?? .null),
        ]
        if let bytes { members.append(("bytes", .integer(bytes))) }
        for (name, value) in extra.sorted(by: { $0.key < $1.key }) { members.append((name, .number(value))) }
        return .object(members)
    }

    private var line: String {
        let share = peak.map { "  \(Int((100 * value / $0).rounded())) % of \(Self.figure($0))" } ?? ""
        let payload = bytes.map { "  \($0 >> 20) MB" } ?? ""
        let padded = name + String(repeating: " ", count: max(0, 36 - name.count))
        return "\(padded) \(Self.figure(value)) \(unit)\(payload)\(share)"
    }

    private static func figure(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// Prints what a benchmark of the library came to, after a note about an inherited setting of the matrix library.
    static func write(_ measurements: [Measurement], as json: JSONOption) throws {
        let rows = measurements.map {
            BenchmarkRow(name: $0.name, value: $0.value, unit: $0.unit, peak: $0.peak, extra: $0.extra)
        }
        try write(rows, notes: [MatrixLibrary.inheritedSetting].compactMap { $0 }, as: json)
    }

    /// Prints `{"machine":…,"rows":[…]}`, or a table.
    static func write(_ rows: [BenchmarkRow], notes: [String] = [], as json: JSONOption) throws {
        for note in notes { Program.complain(note) }
        try json.write(
            ["machine": MachineReport.json, "rows": .array(rows.map(\.json))], else: rows.map(\.line))
    }
}
