import ArgumentParser
import Corpora
import Recipes
import Telemetry

struct CorpusInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what a corpus holds, in numbers.")

    @Argument(help: "The corpus directory.")
    var directory: String

    @OptionGroup var json: JSONOption

    func run() throws {
        let summary = try CorpusInspector(ShardCorpus(directory: directory)).summary()
        json.print(summary.json, else: summary.lines)
    }
}

extension CorpusSummary {
    fileprivate var json: JSONValue {
        let members = JSONValue.object(members.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })
        return [
            "directory": .string(directory), "kind": .string(kind.rawValue), "tool": .string(tool),
            "fingerprint": .string(fingerprint), "samples": .integer(samples), "shards": .integer(shards),
            "frames": .integer(frames), "bytes": .integer(Int(bytes)), "raw_bytes": .integer(Int(rawBytes)),
            "members": members, "text_bytes": textBytes.json, "image_bytes": imageBytes.json,
        ]
    }

    fileprivate var lines: [String] {
        let parts = members.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let size = "\(Quantity.approximate(bytes)) (\(Quantity.approximate(rawBytes)) unpacked)"
        var lines = [
            "\(directory): \(kind.rawValue), \(samples) samples: \(parts)",
            "  \(shards) shards, \(frames) frames, \(size)", "  packed by \(tool)", "  fingerprint \(fingerprint)",
        ]
        if let line = textBytes.line { lines.append("  texts: \(line)") }
        if let line = imageBytes.line { lines.append("  images: \(line)") }
        return lines
    }
}

extension SizeHistogram {
    fileprivate var json: JSONValue {
        [
            "count": .integer(count), "minimum": .integer(minimum), "mean": .number(mean),
            "maximum": .integer(maximum), "buckets": .array(buckets.map { .integer($0) }),
        ]
    }

    fileprivate var line: String? {
        guard count > 0 else { return nil }
        return "\(count), from \(minimum) to \(maximum) bytes, \(Int(mean.rounded())) on average"
    }
}
