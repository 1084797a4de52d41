import ArgumentParser
import Corpora
import Recipes
import Telemetry
import Text

struct CorpusInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Say what a corpus holds, in numbers.",
        discussion: """
            Lengths of texts, sizes and aspects of images as histograms, and how well each shard was compressed. Sizes \
            are read from the images' headers; verify decodes them.
            """)

    @Argument(help: "The corpus directory.")
    var directory: String

    @Option(
        help: ArgumentHelp(
            "Count the tokens of texts with this tokenizer, <s> and </s> left out.", valueName: "directory"))
    var tokenizer: String?

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func run() throws {
        let tokens = try tokenizer.map { try Tokenizer(directory: $0).tokenCount }
        let corpus = try ShardCorpus(directory: directory)
        let summary = try CorpusInspector(corpus, workers: workers.count, tokens: tokens).summary()
        try json.write(summary.json, else: summary.lines)
    }
}

extension Tokenizer {
    /// The tokens of a text, `<s>` and `</s>` not counted.
    var tokenCount: TokenCount { { self.encode($0).ids.count } }
}

extension CorpusSummary {
    fileprivate var json: JSONValue {
        let shardRows = shards.map { shard -> JSONValue in
            [
                "name": .string(shard.name), "samples": .integer(shard.samples), "bytes": .integer(Int(shard.bytes)),
                "raw_bytes": .integer(Int(shard.rawBytes)),
            ]
        }
        return [
            "directory": .string(directory), "kind": .string(kind.rawValue), "tool": .string(tool),
            "fingerprint": .string(fingerprint), "samples": .integer(samples), "shards": .array(shardRows),
            "frames": .integer(frames), "bytes": .integer(Int(bytes)), "raw_bytes": .integer(Int(rawBytes)),
            "members": members.json,
            "made_from": .object(madeFrom.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }),
            "text_bytes": contents.textBytes.json, "text_words": contents.textWords.json,
            "text_tokens": contents.textTokens.json, "captions_per_image": contents.captions.json,
            "regions_per_sample": contents.regions.json, "image_bytes": contents.imageBytes.json,
            "image_shorter_sides": contents.shorterSides.json, "image_longer_sides": contents.longerSides.json,
            "image_aspects": .object(contents.aspects.rows.map { ($0.label, .integer($0.count)) }),
            "image_formats": contents.formats.json,
        ]
    }

    fileprivate var lines: [String] {
        let parts = members.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let size = "\(Quantity.approximate(bytes)) (\(Quantity.approximate(rawBytes)) unpacked)"
        var lines = [
            "\(directory): \(kind.rawValue), \(samples) samples: \(parts)",
            "  \(Quantity.count(shards.count, "shard")), \(Quantity.count(frames, "frame")), \(size)",
            "  packed by \(tool)",
            "  fingerprint \(fingerprint)",
        ]
        lines += madeFrom.sorted { $0.key < $1.key }.map { "  \($0.key): made from \($0.value)" }
        lines += contents.textBytes.chart("bytes of a text")
        lines += contents.textWords.chart("words of a text")
        lines += contents.textTokens.chart("tokens of a text")
        lines += contents.captions.chart("captions of an image that has several")
        lines += contents.regions.chart("regions of a sample")
        lines += contents.imageBytes.chart("bytes of an image")
        lines += contents.shorterSides.chart("pixels of the shorter side")
        lines += contents.longerSides.chart("pixels of the longer side")
        if contents.aspects.count > 0 {
            lines += ["", "width : height of \(contents.aspects.count) images"] + bars(contents.aspects.rows)
        }
        if !contents.formats.isEmpty {
            lines += ["", "formats"] + bars(contents.formats.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        return lines + compression
    }

    /// How many times smaller each shard is than what it holds; the first and the last of many.
    private var compression: [String] {
        let shown = shards.count <= 12 ? shards : Array(shards.prefix(6) + shards.suffix(6))
        let rows = shown.map { shard in
            let tenths = Int((Double(shard.rawBytes) / Double(max(shard.bytes, 1)) * 100).rounded())
            let ratio = "\(tenths / 100).\(tenths % 100 < 10 ? "0" : "")\(tenths % 100)"
            return "  \(shard.name)  \(ratio) times smaller, \(shard.samples) samples, "
                + Quantity.approximate(shard.bytes)
        }
        let hidden = shards.count - shown.count
        guard hidden > 0 else { return ["", "compression"] + rows }
        return ["", "compression"] + rows.prefix(6) + ["  … \(hidden) more"] + rows.suffix(6)
    }
}

extension [String: Int] {
    fileprivate var json: JSONValue { .object(sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }) }
}

extension SizeHistogram {
    fileprivate var json: JSONValue {
        [
            "count": .integer(count), "minimum": .integer(minimum), "mean": .number(mean),
            "maximum": .integer(maximum), "buckets": .array(buckets.map { .integer($0) }),
        ]
    }

    fileprivate func chart(_ title: String) -> [String] {
        guard count > 0 else { return [] }
        let summary = "\(count), from \(minimum) to \(maximum), \(Int(mean.rounded())) on average"
        return ["", "\(title): \(summary)"] + bars(rows)
    }
}

/// One line a row, as long as its share of the largest.
private func bars(_ rows: [(label: String, count: Int)]) -> [String] {
    let largest = max(rows.map(\.count).max() ?? 1, 1)
    let width = rows.map(\.label.count).max() ?? 0
    return rows.map { label, count in
        let length = count == 0 ? 0 : max(1, count * 40 / largest)
        return "  \(label.padded(to: width))  \(String(repeating: "█", count: length)) \(count)"
    }
}
