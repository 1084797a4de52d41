import Autograd
import Checkpoints
import Foundation
import Models
import Storage
import Text

/// Writes a checkpoint for PyTorch: the text encoder as a `RobertaModel`, the visual encoder as a `ViTModel`, and the whole
/// model for the reference class that goes with it.
public struct ModelExport {
    /// - Returns: the directories written.
    public static func run(_ checkpoint: String, to out: String) throws -> [String] {
        guard !Directory.exists(out) else {
            throw RecipeContradiction("\(out) exists; choose another place, or remove it")
        }
        let opened = try Checkpoint(path: checkpoint)
        let config = try ConfigFile.unimo2(opened)
        let model = UNIMO2(config)
        let store = ParameterStore(model.parameters, alignment: 16)
        try Snapshot.restoreWeights(opened, into: store)
        func elements(_ name: String) -> UnsafeBufferPointer<Float> {
            guard let parameter = store[name] else { preconditionFailure("no weight \(name)") }
            return UnsafeBufferPointer(start: store.weights + parameter.range.lowerBound, count: parameter.count)
        }
        let whole = store.parameters.map { ExchangedTensor($0.name, [.init($0.name, $0.shape)]) }
        let tokenizer = try tokenizerFiles(opened)
        try HuggingFaceWriter(path: out).write(
            whole, elements,
            companions: [
                .init(name: "config.json", bytes: try ConfigFile.bytes(.unimo2(config))),
                .init(name: "unimo_reference.py", bytes: Array(ReferenceClass.source.utf8)),
            ] + tokenizer)
        try HuggingFaceWriter(path: out + "/text").write(
            HuggingFaceNames.roberta(
                .init(config.text), vocabulary: config.vocabulary, positions: config.maxTokens + 2), elements,
            companions: [try HuggingFaceConfig.file(RobertaConfig(config))] + tokenizer)
        try HuggingFaceWriter(path: out + "/vision").write(
            HuggingFaceNames.vit(.init(config.vision), patchSize: config.patchSize, patches: config.patches), elements,
            companions: [try HuggingFaceConfig.file(ViTConfig(config)), preprocessor(config)])
        return [out, out + "/text", out + "/vision"]
    }

    private static func tokenizerFiles(_ checkpoint: Checkpoint) throws -> [CheckpointWriter.Companion] {
        guard checkpoint.manifest.digests["vocab.json"] != nil else { return [] }
        return try Tokenizer(directory: checkpoint.path).files.map { .init(name: $0.name, bytes: $0.contents) }
    }

    /// What `ViTImageProcessor` does to an image: as this program does, but for the last bit.
    private static func preprocessor(_ config: UNIMO2Config) -> CheckpointWriter.Companion {
        let text = """
            {
              "image_processor_type": "ViTImageProcessor",
              "do_resize": true,
              "size": {"height": \(config.imageSize), "width": \(config.imageSize)},
              "resample": 3,
              "do_rescale": true,
              "rescale_factor": 0.00392156862745098,
              "do_normalize": true,
              "image_mean": [0.5, 0.5, 0.5],
              "image_std": [0.5, 0.5, 0.5]
            }

            """
        return .init(name: "preprocessor_config.json", bytes: Array(text.utf8))
    }
}
