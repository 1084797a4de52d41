import Corpora
import Checkpoints
import Collectives
import Batches
import Glibc
import Logging
import Models
import Runtime
import Storage
import Telemetry
import Training

/// The non-finite budget of a run is used up.
struct NonFiniteBudget: DiagnosedError {
    let step: Int
    let budget: Int
    var exitCode: ExitCode { .numbers }
    var description: String {
        "step \(step): non-finite numbers in more than \(budget) updates (skipped_steps); lower optimizer.learning_rate or "
            + "raise the warm-up and resume from the last checkpoint"
    }
}

/// Steps, validation, checkpoints and logs, until the recipe's last step or a request to stop.
final class RunLoop {
    private let run: Run
    private let heldOut: [[Batch]]
    private let metrics: MetricsWriter?
    private let progress: ProgressLine?
    private let validationLog: RowFile?
    private let replicas: ReplicaCheck
    private var loader: BatchLoader?
    private var skipped: Int
    /// What was read by the last time it was added up.
    private var reading: [ReadingMetrics] = []
    private var dictionary: DictionaryHealth?
    /// Steps of this run: the recipe's, or fewer where a source that stops the run ends before.
    private var steps: Int

    init(_ run: Run) throws {
        self.run = run
        skipped = run.checkpoint?.state.spent.skippedSteps ?? 0
        replicas = ReplicaCheck(run)
        dictionary = run.trainer.model.codeCount > 0 ? DictionaryHealth(codes: run.trainer.model.codeCount) : nil
        let (rank, ranks) = (run.communication.rank, run.communication.size)
        heldOut = try run.communication.together("reading held-out samples") {
            try run.data.heldOut(rank: rank, ranks: ranks)
        }
        let first = run.trainer.step
        steps = run.recipe.steps
        (metrics, progress, validationLog) = try run.communication.together("opening the logs") {
            guard rank == 0 else { return (nil, nil, nil) }
            try CheckpointError.wrapping {
                try AtomicFile.write(Array(run.resolved.yaml.utf8), to: run.directory.resolvedRecipe)
                try AtomicFile.write(try ConfigFile.bytes(run.config), to: run.directory.config)
            }
            return (
                try MetricsWriter(directory: run.directory.path, startingAt: first),
                ProgressLine(steps: run.recipe.steps, startingAt: first),
                // The validation of the step that was saved last came before saving it.
                run.recipe.validation == nil ? nil : try RowFile(path: run.directory.validation, startingAt: first + 1)
            )
        }
    }

    func start() throws -> ExitCode {
        let recipe = run.recipe
        let (rank, ranks) = (run.communication.rank, run.communication.size)
        StopRequest.listen(isLaunched: run.isLaunched, answers: rank == 0)
        let firstBatch = run.trainer.step * recipe.batchesPerStep
        let loader = try run.communication.together("starting the loader") {
            try run.data.loader(
                firstBatch: firstBatch, rank: rank, ranks: ranks, spent: run.checkpoint?.state.spent ?? SpentBudgets())
        }
        self.loader = loader
        defer { loader.stop() }
        if let batches = loader.sampler.batches { shorten(to: batches / recipe.batchesPerStep) }
        try run.communication.together("cutting off the sample logs") {
            if rank == 0 { try run.directory.cutOffSamples(from: firstBatch) }
        }
        let samples = try run.communication.together("opening the sample log") {
            recipe.log.samples
                ? try SampleLog(run.directory, names: run.data.recipe.mixture.map(\.name), rank: rank) : nil
        }
        let source = RecordedSource(loader, samples: samples, directory: run.directory)
        dumpTensors()
        try replicas.compare(after: run.trainer.step, skipped: skipped)
        var savedAt: Int? = run.checkpoint?.checkpoint.step
        while run.trainer.step < steps {
            let report = try run.trainer.runStep(source, stopRequested: StopRequest.isPending)
            try record(report)
            let done = run.trainer.step
            replicas.add(report)
            if replicas.isDue(after: done) { try replicas.compare(after: done, skipped: skipped) }
            if let validation = recipe.validation, done % validation.every == 0 || done == steps {
                try validate(step: done)
            }
            if done % recipe.checkpoints.every == 0 || done == steps || report.stopRequested {
                try save(step: done)
                savedAt = done
            }
            if report.stopRequested && done < steps {
                progress?.finish()
                if rank == 0 { run.log.info("stopped on request after saving step \(done): start again to go on") }
                return .stopped
            }
        }
        if savedAt != run.trainer.step { try save(step: run.trainer.step) }
        progress?.finish()
        reportReading()
        if rank == 0 { run.log.info("done: \(run.trainer.step) steps, \(run.directory.path)") }
        return .done
    }

    /// The mixture ends before the recipe does: after the last step for which it has all batches.
    private func shorten(to last: Int) {
        guard last < steps else { return }
        steps = last
        if run.communication.rank == 0 {
            run.log.info("the mixture has batches for \(last) steps of the recipe's \(run.recipe.steps)")
        }
    }

    /// How much more was read of each corpus than was used.
    private func reportReading() {
        guard run.communication.rank == 0 else { return }
        for corpus in reading {
            var parts: [String] = []
            if let amplification = corpus.amplification {
                parts.append("\(rounded(amplification)) bytes read for each byte used (\(corpus.used) used)")
            }
            if corpus.relativesUsed > 0 {
                parts.append("\(corpus.relativesRead) bytes read for \(corpus.relativesUsed) of samples out of turn")
            }
            if corpus.retries > 0 { parts.append("\(corpus.retries) failed reads tried again") }
            run.log.info("corpus \(corpus.corpus): \(parts.joined(separator: ", "))")
        }
    }

    private func dumpTensors() {
        guard run.recipe.log.tensors > 0 else { return }
        let dump = TensorDump(
            directory: run.directory, store: run.snapshot.store, entries: run.data.trainedEntries,
            rank: run.communication.rank, ranks: run.communication.size)
        let steps = run.recipe.log.tensors
        run.trainer.onGradients = { if $0.step < steps { try dump.write($0) } }
    }

    private func record(_ report: StepReport) throws {
        if report.isSkipped {
            skipped += 1
            if skipped > run.recipe.skippedStepBudget {
                throw NonFiniteBudget(step: report.step, budget: run.recipe.skippedStepBudget)
            }
        }
        let isDue = ReadingTotals.isDue(after: report.step + 1, of: steps) || report.stopRequested
        if isDue {
            reading = try ReadingTotals(corpora: run.data.corpora, communication: run.communication).metrics()
        }
        guard metrics != nil || progress != nil else { return }
        dictionary?.add(report.codeUses)
        var row = StepMetrics(report, run.data.trainedEntries)
        if isDue {
            row.reading = reading
            row.dictionary = dictionary?.take()
        }
        try metrics?.write(row)
        progress?.update(row)
    }

    /// Losses on held-out samples, each term averaged by what it is divided by.
    private func validate(step: Int) throws {
        guard let validation = run.recipe.validation else { return }
        var scalars: [(tag: String, value: Double)] = []
        for (name, batches) in zip(validation.names, heldOut) where !batches.isEmpty {
            scalars.append(("validation/\(name)", HeldOutLoss(try run.trainer.validate(batches)).value))
        }
        guard run.communication.rank == 0 else { return }
        try metrics?.write(step: step, scalars: scalars)
        let row: JSONValue = [
            "step": .integer(step),
            "losses": .sorted(Dictionary(uniqueKeysWithValues: scalars.map { ($0.tag, $0.value) })),
        ]
        try validationLog?.append(row)
        let text = scalars.map { "\($0.tag.dropFirst(11)) \(rounded($0.value))" }.joined(separator: ", ")
        show("step \(step) held out: \(text)")
    }

    private func save(step: Int) throws {
        try replicas.compare(after: step, skipped: skipped)
        let spent = SpentBudgets(skippedSteps: skipped, badSamples: loader?.badSamples ?? [:])
        let seconds = try run.keeper.save(
            step: step, run.snapshot, state: run.state(try spent.agreed(run.communication)), config: run.config,
            tokenizer: run.data.tokenizer,
            keep: run.recipe.checkpoints.keep)
        guard run.communication.rank == 0 else { return }
        show("step \(step) saved in \(rounded(seconds)) s: \(run.keeper.store.path(step: step))")
    }

    private func show(_ line: String) {
        if let progress { progress.interrupted { run.log.info("\(line)") } } else { run.log.info("\(line)") }
    }

    private func rounded(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        return "\((value * 1000).rounded() / 1000)"
    }
}
