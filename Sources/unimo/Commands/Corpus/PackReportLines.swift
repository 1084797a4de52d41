import Corpora
import Recipes
import Runtime
import Telemetry

extension PackReport {
    func json(directory: String) -> JSONValue {
        let sources = sources.map { source -> JSONValue in
            [
                "path": .string(source.path), "format": .string(source.format), "files": .integer(source.files),
                "bytes": .integer(Int(source.bytes)),
                "passed_over": .integer(source.passedOver.reduce(0) { $0 + $1.value }),
            ]
        }
        return [
            "directory": .string(directory), "samples": .integer(samples), "shards": .integer(shards),
            "resumed_shards": .integer(resumedShards), "bytes": .integer(Int(bytes)),
            "held_back": .integer(heldBack), "failed_downloads": .integer(failedDownloads),
            "unpaired": .integer(unpairedCount), "rejected": .integer(rejectedCount),
            "left_out": .array(LeftOutReason.allCases.compactMap(leftOutJSON)),
            "fingerprint": .string(fingerprint), "sources": .array(sources),
        ]
    }

    private func leftOutJSON(_ reason: LeftOutReason) -> JSONValue? {
        leftOut[reason].map { found in
            [
                "reason": .string(reason.rawValue), "count": .integer(found.count),
                "examples": .array(found.examples.map { .string(ForeignName.shown($0)) }),
            ]
        }
    }

    func lines(directory: String) -> [String] {
        var lines = [
            "\(directory): \(Quantity.count(samples, "sample")) in \(Quantity.count(shards, "shard")), "
                + Quantity.approximate(bytes)
        ]
        if heldBack > 0 {
            lines.append("left to the other part of the hold-out: \(Quantity.count(heldBack, "sample"))")
        }
        if failedDownloads > 0 { lines.append("left out: \(Quantity.count(failedDownloads, "failed download"))") }
        if unpairedCount > 0 {
            lines.append("without a caption: \(Quantity.count(unpairedCount, "image")), such as \(unpaired[0])")
        }
        for reason in LeftOutReason.allCases {
            guard let found = leftOut[reason], let first = found.examples.first else { continue }
            lines.append("left out, \(reason.words): \(found.count), such as \(first)")
        }
        if rejectedCount > 0 { lines.append("left out: \(Quantity.count(rejectedCount, "bad source"))") }
        return lines
    }
}

extension PackNotice {
    /// For people, on standard error.
    var line: String {
        switch self {
        case .detected(let source):
            "\(source.path): \(source.format), \(Quantity.count(source.files, "file")), "
                + Quantity.approximate(source.bytes) + (source.passedOverText.map { "; not read: \($0)" } ?? "")
        case .resuming(let shards, let samples):
            "going on after \(Quantity.count(shards, "shard")) with \(Quantity.count(samples, "sample")) that an "
                + "earlier attempt has finished"
        case .finished: "an earlier attempt had packed everything; the corpus is given its name"
        }
    }
}
