import ArgumentParser
import Corpora
import Recipes
import Runtime
import Telemetry
import Text

struct CorpusVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte and every sample of a corpus.",
        discussion: """
            Checksums of shards and frames, the archives' structure, keys; every image is decoded, every text and caption \
            read, regions are held against each other. Faults (damage, missing or broken members, broken images, text \
            that is not UTF-8 or empty, repeated keys) end in exit code 3. Warnings (images and texts of the same bytes as earlier ones, long texts, tiny images) do so only \
            with --strict. Looking for duplicates takes 24 bytes of memory for each key, image and text.
            """)

    @Argument(help: "The corpus directory.")
    var directory: String

    @Flag(help: "Let warnings fail the check too.")
    var strict = false

    @Option(help: ArgumentHelp("Findings of each kind to show in full.", valueName: "count"))
    var examples = 5

    @Option(name: .customLong("longest-text"), help: "A longer text is a warning.")
    var longestText = ByteSize(bytes: ContentLimits().longestText)

    @Option(
        name: .customLong("longest-tokens"),
        help: ArgumentHelp("A text of more tokens is a warning; needs --tokenizer.", valueName: "count"))
    var longestTokens: Int?

    @Option(
        help: ArgumentHelp("What --longest-tokens counts with, <s> and </s> left out.", valueName: "directory"))
    var tokenizer: String?

    @Option(
        name: .customLong("smallest-side"),
        help: ArgumentHelp("An image with a shorter side is a warning.", valueName: "pixels"))
    var smallestSide = ContentLimits().smallestSide

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        try NumberOption.check("--examples", examples, in: NumberOption.examples)
        guard (longestTokens == nil) == (tokenizer == nil) else {
            throw ValidationError("--longest-tokens and --tokenizer go together")
        }
        try NumberOption.check("--longest-tokens", longestTokens, in: NumberOption.count)
        try NumberOption.check("--smallest-side", smallestSide, in: 0...Int.max)
    }

    func run() throws {
        var limits = ContentLimits()
        limits.longestText = longestText.bytes
        limits.smallestSide = smallestSide
        if let longestTokens, let tokenizer {
            limits.longestTokens = (longestTokens, try Tokenizer(directory: tokenizer).tokenCount)
        }
        let progress = WorkProgress(verb: "checked")
        let verifier = CorpusVerifier(
            directory: directory, workers: workers.count, contents: limits, examples: examples)
        let found = try verifier.run {
            progress.show(done: $0.done, total: $0.total, samples: $0.samples)
        }
        progress.clear()
        try json.write(found.json(directory), else: found.lines(directory, seconds: progress.seconds))
        guard found.isSound, !strict || found.findings.warnings == 0 else { throw Ended(.data) }
    }
}

extension CorpusVerification {
    fileprivate func json(_ directory: String) -> JSONValue {
        let counts = CorpusFinding.Kind.allCases.map { ($0.rawValue, JSONValue.integer(findings.count($0))) }
        let examples = findings.kinds.flatMap { findings.examples($0) }.map { finding -> JSONValue in
            [
                "kind": .string(finding.kind.rawValue), "sample": finding.sample.map { .integer($0) } ?? .null,
                "text": .string(finding.description),
            ]
        }
        return [
            "directory": .string(directory), "sound": .bool(isSound), "samples": .integer(samples),
            "bytes": .integer(Int(bytes)), "faults": .integer(findings.faults),
            "warnings": .integer(findings.warnings), "counts": .object(counts), "findings": .array(examples),
        ]
    }

    fileprivate func lines(_ directory: String, seconds: Double) -> [String] {
        var lines: [String] = []
        for kind in findings.kinds {
            let name = kind.rawValue.replacing("_", with: " ")
            let mark = kind.isWarning ? "warning" : "fault  "
            lines.append("\(mark)  \(name.padded(to: 16)) \(findings.count(kind))")
            lines += findings.examples(kind).map { "    \($0)" }
            let hidden = findings.count(kind) - findings.examples(kind).count
            if hidden > 0 { lines.append("    … and \(hidden) more") }
        }
        let outcome =
            findings.kinds.isEmpty
            ? "nothing wrong"
            : "\(Quantity.count(findings.faults, "fault")), \(Quantity.count(findings.warnings, "warning"))"
        let checked = "\(Quantity.approximate(bytes)) checked in \(WorkProgress.duration(seconds))"
        return lines + ["\(directory): \(samples) samples sound, \(checked): \(outcome)"]
    }
}
