import ArgumentParser
import Corpora
import Runtime
import Telemetry
import Vision

struct CorpusPeek: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek", abstract: "Show one sample of a corpus.",
        discussion: "With --member, the member's bytes go to standard output as they are.")

    @Argument(help: "The corpus directory.")
    var directory: String

    @Argument(help: "The sample's key, or its number from 0 as #N.")
    var key: String

    @Option(help: ArgumentHelp("Write out this member: png, jpg, txt, ….", valueName: "name"))
    var member: String?

    @OptionGroup var json: JSONOption

    func run() throws {
        let corpus = try ShardCorpus(directory: directory)
        let sample = try corpus.read(try number(in: corpus))
        if let member {
            guard let found = sample.member([member]) else {
                let names = sample.members.map(\.name).joined(separator: ", ")
                throw UsageError(description: "\(sample.key) has no member \(member); it has \(names)")
            }
            return try Program.printBytes(found.bytes)
        }
        json.print(sample.json, else: sample.lines)
    }

    private func number(in corpus: ShardCorpus) throws -> Int {
        if key.hasPrefix("#"), let number = Int(key.dropFirst()) {
            guard (0..<corpus.count).contains(number) else {
                throw UsageError(description: "\(directory) has samples #0 to #\(corpus.count - 1), not \(key)")
            }
            return number
        }
        guard let number = try corpus.find(key) else {
            let first = corpus.count > 0 ? "the first key is \(try corpus.key(0))" : "it is empty"
            throw UsageError(description: "no sample of \(directory) has the key \(key); \(first)")
        }
        return number
    }
}

extension StoredSample {
    /// What a member holds: the text, or the size of the picture.
    private func content(of member: Member) -> (name: String, value: JSONValue, text: String) {
        if Self.textNames.contains(member.name) || member.name == "json" {
            let text = String(decoding: member.bytes, as: UTF8.self)
            return ("text", .string(text), text)
        }
        guard Self.imageNames.contains(member.name) else { return ("content", nil, "") }
        do {
            let image = try decodeImage(member.bytes)
            return (
                "pixels", [.integer(image.width), .integer(image.height)], "\(image.width) × \(image.height) pixels"
            )
        } catch {
            return ("fault", .string("\(error)"), "\(error)")
        }
    }

    fileprivate var json: JSONValue {
        let members = members.map { member -> JSONValue in
            let content = content(of: member)
            return .object([
                ("name", .string(member.name)), ("bytes", .integer(member.bytes.count)), (content.name, content.value),
            ])
        }
        return [
            "key": .string(key), "shard": .string(shard), "offset": .integer(Int(offset)), "members": .array(members),
        ]
    }

    fileprivate var lines: [String] {
        ["\(key) (\(shard) at byte \(offset))"]
            + members.map { "  \($0.name), \($0.bytes.count) bytes: \(content(of: $0).text)" }
    }
}
