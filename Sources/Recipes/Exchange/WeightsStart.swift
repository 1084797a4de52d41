import Autograd
import Checkpoints
import Logging
import Storage
import Tensors
import Text

/// What a run took from the checkpoint its recipe names as `init`: weights only, by name.
struct WeightsStart {
    let path: String
    private(set) var taken: [String] = []
    /// In the model, and not in the checkpoint.
    private(set) var drawn: [String] = []
    /// Position tables made to fit, and how.
    private(set) var changed: [(name: String, note: String)] = []
    /// In both, of different shapes.
    private(set) var misfits: [(name: String, model: [Int], checkpoint: [Int])] = []
    /// In the checkpoint alone.
    private(set) var left: [String] = []

    /// Whether it says by which tokenizer its word table was made.
    private let hasTokenizer: Bool

    /// Reads every weight that the model and the checkpoint have in one shape into `store`, which has been initialised.
    /// - Parameters:
    ///   - path: of a checkpoint, or of a run, whose newest is taken.
    ///   - tokenizer: the run's.
    init(_ path: String, into store: ParameterStore, tokenizer: Tokenizer, threads: Int) throws {
        self.path = try CheckpointPlace.find(path)
        let checkpoint = try Checkpoint(path: self.path, threads: threads)
        hasTokenizer = checkpoint.manifest.digests[Tokenizer.FileName.vocabulary] != nil
        if hasTokenizer { try Self.refuseOther(checkpoint, tokenizer) }
        var found = Dictionary(uniqueKeysWithValues: try checkpoint.weights().map { ($0.name, $0.shape) })
        var targets: [RestoreTarget] = []
        for parameter in store.parameters {
            guard let shape = found.removeValue(forKey: parameter.name) else {
                drawn.append(parameter.name)
                continue
            }
            if shape != parameter.shape,
                let change = PositionTables.change(parameter.name, from: shape, to: parameter.shape)
            {
                changed.append((parameter.name, change.note))
                try Self.read(checkpoint, parameter, shape, change.apply)
                continue
            }
            guard shape == parameter.shape else {
                misfits.append((parameter.name, parameter.shape, shape))
                continue
            }
            taken.append(parameter.name)
            targets.append(parameter.restoreTarget(in: store.weights))
        }
        left = found.keys.sorted()
        try checkpoint.restoreWeights(into: targets, allowingOthers: true)
        // Biases and scalars may fit by chance.
        guard store.parameters.contains(where: { $0.decays && taken.contains($0.name) }) else {
            throw RecipeContradiction(
                "init: \(path) has no matrix of this model in this shape; name a checkpoint of the same sizes")
        }
    }

    /// A word table of the same size fits, and its rows are other tokens' where the tokenizer is another one.
    private static func refuseOther(_ checkpoint: Checkpoint, _ tokenizer: Tokenizer) throws {
        let theirs = try Tokenizer(directory: checkpoint.path)
        guard theirs.vocabularySize == tokenizer.vocabularySize else { return }
        let other = zip(theirs.files, tokenizer.files).first { $0.contents != $1.contents }?.0.name
        guard let other else { return }
        let directory = RecipeScalar.quoted(checkpoint.path)
        throw RecipeContradiction(
            "init: \(checkpoint.path) was trained with another tokenizer of \(theirs.vocabularySize) tokens (\(other) "
                + "differs): its word table would stand for other words; write `tokenizer: {directory: \(directory)}` to use "
                + "the checkpoint's, on the command line --set 'tokenizer={directory: \(directory)}'")
    }

    /// Reads a table of another shape, changes it, and puts it where the parameter is.
    private static func read(
        _ checkpoint: Checkpoint, _ parameter: Parameter, _ shape: [Int], _ change: ([Float]) -> [Float]
    ) throws {
        var table = [Float](repeating: 0, count: shape.reduce(1, *))
        try table.withUnsafeMutableBytes { bytes in
            try checkpoint.restoreWeights(
                into: [RestoreTarget(name: parameter.name, shape: shape, bytes: bytes)], allowingOthers: true)
        }
        parameter.value.floats.update(from: change(table), count: parameter.count)
    }

    func announce(_ log: Logger) {
        log.info("init: \(taken.count) weights from \(path)")
        if !hasTokenizer, taken.contains("text.word") {
            log.warning("init: \(path) carries no tokenizer: make sure that its word table is of this run's")
        }
        for (name, note) in changed { log.info("init: \(name) made to fit: \(note)") }
        for misfit in misfits {
            log.warning("init: \(misfit.name) is \(misfit.model) here and \(misfit.checkpoint) there: drawn anew")
        }
        if !drawn.isEmpty { log.info("init: drawn, because it has none: \(Self.groups(drawn))") }
        if !left.isEmpty { log.info("init: left there: \(Self.groups(left))") }
    }

    /// `grounded.layers.0` … by their first two components, with how many.
    private static func groups(_ names: [String]) -> String {
        let heads = names.map { $0.split(separator: ".").prefix(2).joined(separator: ".") }
        var seen: [String] = []
        for head in heads where !seen.contains(head) { seen.append(head) }
        return seen.map { head in "\(head) (\(heads.count { $0 == head }))" }.joined(separator: ", ")
    }
}
