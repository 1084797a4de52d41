import Objectives
import Batches
import Checkpoints
import Foundation
import Glibc
import Runtime
import Storage
import Telemetry
import Training

/// A text file of a run to which lines are appended as they happen.
final class LineFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        try CheckpointError.wrapping { try Directory.create(Directory.parent(of: path)) }
        self.path = path
        descriptor = open(path.systemPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LineFile.failure(path) }
    }

    deinit { close(descriptor) }

    /// Writes a whole line in one call.
    func append(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw LineFile.failure(path) }
    }

    private static func failure(_ path: String) -> CheckpointError {
        .storage(.system(path: path, operation: "append a line to", code: errno))
    }
}

extension RunDirectory {
    /// Cuts off what was written of batches from `first` on by a run that got further than it saved, ranks of a larger
    /// job included. For one rank, before any appends.
    func cutOffSamples(from first: Int) throws {
        if Directory.exists(skippedSamples) {
            _ = try RowFile(path: skippedSamples, key: "batch", startingAt: first)
        }
        guard Directory.exists(samples) else { return }
        let names = try CheckpointError.wrapping { try Directory.names(in: samples) }
        for name in names where name.hasPrefix("rank-") {
            _ = try RowFile(path: samples + "/" + name, prefix: "", startingAt: first)
        }
    }
}

/// The keys of the samples a rank computed, one line per batch, as `sampler dump` prints them.
final class SampleLog {
    private let file: LineFile
    private let names: [String]
    private let rank: Int

    init(_ directory: RunDirectory, names: [String], rank: Int) throws {
        file = try LineFile(directory.samples(rank: rank))
        self.names = names
        self.rank = rank
    }

    func append(_ batch: Batch) throws {
        try file.append(
            SampleLine.text(
                batch: batch.number, rank: rank, entry: names[batch.entry], keys: batch.chunks.flatMap(\.keys)))
    }
}

/// A batch source that writes down what passes through it.
final class RecordedSource: BatchSource {
    private let source: any BatchSource
    private let samples: SampleLog?
    private let skippedPath: String
    private var skipped: LineFile?

    init(_ source: any BatchSource, samples: SampleLog?, directory: RunDirectory) {
        self.source = source
        self.samples = samples
        skippedPath = directory.skippedSamples
    }

    func next() throws -> Batch {
        let batch = try source.next()
        try samples?.append(batch)
        for sample in batch.skipped {
            if skipped == nil { skipped = try LineFile(skippedPath) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try skipped?.append(String(decoding: try encoder.encode(sample), as: UTF8.self))
        }
        return batch
    }
}

extension StepMetrics {
    init(_ report: StepReport, _ entries: [TrainedEntry]) {
        self.init(
            step: report.step,
            batches: report.batches.map { batch in
                BatchMetrics(
                    objective: entries[batch.entry].objective.name, corpus: entries[batch.entry].corpus,
                    loss: batch.loss,
                    terms: batch.terms.count > 1
                        ? Dictionary(uniqueKeysWithValues: batch.terms.map { ($0.name, $0.value) }) : [:],
                    samples: batch.samples, tokens: batch.tokens)
            }, learningRate: Double(report.learningRate), gradientNorm: report.gradientNorm, seconds: report.seconds,
            dataWait: report.dataWait, exposedCommunication: report.exposedCommunication, skipped: report.isSkipped)
    }
}
