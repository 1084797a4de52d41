import Corpora
import Recipes
import Telemetry

extension PackReport {
    func json(directory: String) -> JSONValue {
        let sources = sources.map { source -> JSONValue in
            [
                "path": .string(source.path), "format": .string(source.format), "files": .integer(source.files),
                "bytes": .integer(Int(source.bytes)),
            ]
        }
        return [
            "directory": .string(directory), "samples": .integer(samples), "shards": .integer(shards),
            "resumed_shards": .integer(resumedShards), "bytes": .integer(Int(bytes)),
            "held_back": .integer(heldBack), "failed_downloads": .integer(failedDownloads),
            "unpaired": .integer(unpairedCount), "rejected": .integer(rejectedCount),
            "fingerprint": .string(fingerprint), "sources": .array(sources),
        ]
    }

    func lines(directory: String) -> [String] {
        var lines = ["\(directory): \(samples) samples in \(shards) shards, \(Quantity.approximate(bytes))"]
        if heldBack > 0 { lines.append("\(heldBack) samples belong to the other part of the hold-out") }
        if failedDownloads > 0 { lines.append("\(failedDownloads) downloads had failed") }
        if unpairedCount > 0 { lines.append("\(unpairedCount) images have no caption, such as \(unpaired[0])") }
        if rejectedCount > 0 { lines.append("\(rejectedCount) bad sources were left out") }
        return lines
    }
}

extension PackNotice {
    /// For people, on standard error.
    var line: String {
        switch self {
        case .detected(let source):
            "\(source.path): \(source.format), \(source.files) files, \(Quantity.approximate(source.bytes))"
        case .resuming(let shards, let samples):
            "going on after \(shards) shards with \(samples) samples that an earlier attempt has finished"
        case .finished: "an earlier attempt had packed everything; the corpus is given its name"
        }
    }
}
