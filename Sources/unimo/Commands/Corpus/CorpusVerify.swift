import ArgumentParser
import Corpora
import Recipes
import Runtime
import Telemetry
import Vision

struct CorpusVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte and every sample of a corpus.",
        discussion: "Exit code 3 when anything is wrong; each finding is one line.")

    @Argument(help: "The corpus directory.")
    var directory: String

    @OptionGroup var workers: WorkersOption
    @OptionGroup var json: JSONOption

    func run() throws {
        let found = try CorpusVerifier(directory: directory, workers: workers.count).run { sample in
            if let image = sample.image { _ = try decodeImage(image.bytes) }
        }
        let summary = "\(directory): \(found.samples) samples sound, \(Quantity.approximate(found.bytes)) checked"
        json.print(
            [
                "directory": .string(directory), "sound": .bool(found.isSound), "samples": .integer(found.samples),
                "bytes": .integer(Int(found.bytes)), "findings": .array(found.findings.map { .string($0) }),
            ], else: found.findings + [summary])
        guard found.isSound else { throw Ended(.data) }
    }
}
