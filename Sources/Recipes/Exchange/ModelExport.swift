import Autograd
import Checkpoints
import Foundation
import Models
import Storage
import Text

/// Writes a checkpoint for PyTorch: what reads texts as a `RobertaModel`, a visual encoder as a `ViTModel`, and the whole
/// model for the reference class that goes with it.
public struct ModelExport {
    private let out: String
    private let store: ParameterStore
    private let tokenizer: [CheckpointWriter.Companion]

    /// - Returns: the directories written.
    public static func run(_ checkpoint: String, to out: String) throws -> [String] {
        guard !Directory.exists(out) else {
            throw RecipeContradiction("\(out) exists; choose another place, or remove it")
        }
        let opened = try Checkpoint(path: CheckpointPlace.find(checkpoint))
        let config = try ConfigFile.config(try opened.config, path: opened.path + "/config.json")
        let store = try Snapshot.store(opened, of: config.makeModel().parameters)
        let staged = StagedDirectory(path: out, faultPoint: "export")
        let export = ModelExport(out: staged.staging, store: store, tokenizer: try tokenizerFiles(opened))
        return try CheckpointError.wrapping {
            do {
                try Directory.remove(staged.staging)
                let parts = try export.write(config)
                try staged.commit()
                return [out] + parts.map { out + "/" + $0 }
            } catch {
                try staged.discard()
                throw error
            }
        }
    }

    /// - Returns: the directories in it.
    private func write(_ config: ModelConfig) throws -> [String] {
        try writeWhole(config)
        switch config {
        case .unimo(let config):
            try writeText(
                config.transformer, "transformer", vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                dropout: config.dropout)
            return ["text"]
        case .unimo2(let config):
            try writeText(
                config.text, "text", vocabulary: config.vocabulary, maxTokens: config.maxTokens,
                dropout: config.dropout)
            try writeVision(config)
            return ["text", "vision"]
        }
    }

    private func elements(_ name: String) -> UnsafeBufferPointer<Float> {
        guard let parameter = store[name] else { preconditionFailure("no weight \(name)") }
        return UnsafeBufferPointer(start: store.weights + parameter.range.lowerBound, count: parameter.count)
    }

    private func writeWhole(_ config: ModelConfig) throws {
        let whole = store.parameters.map { ExchangedTensor($0.name, [.init($0.name, $0.shape)]) }
        try HuggingFaceWriter(path: out).write(
            whole, elements,
            companions: [.init(name: "config.json", bytes: try ConfigFile.bytes(config))]
                + ReferenceClass.files(config.kind) + tokenizer)
    }

    /// - Parameter layers: what the stack of layers is called that texts go through.
    private func writeText(
        _ stack: EncoderConfig, _ layers: String, vocabulary: Int, maxTokens: Int, dropout: Float
    ) throws {
        let config = RobertaConfig(stack, vocabulary: vocabulary, maxTokens: maxTokens, dropout: dropout)
        try HuggingFaceWriter(path: out + "/text").write(
            HuggingFaceNames.roberta(
                .init(stack), vocabulary: vocabulary, positions: maxTokens + 2, layers: layers),
            elements, companions: [try HuggingFaceConfig.file(config)] + tokenizer)
    }

    private func writeVision(_ config: UNIMO2Config) throws {
        try HuggingFaceWriter(path: out + "/vision").write(
            HuggingFaceNames.vit(.init(config.vision), patchSize: config.patchSize, patches: config.patches), elements,
            companions: [try HuggingFaceConfig.file(ViTConfig(config)), Self.preprocessor(config)])
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

extension ReferenceClass {
    /// The PyTorch modules that read a model of this kind.
    fileprivate static func files(_ kind: ModelConfig.Kind) -> [CheckpointWriter.Companion] {
        let common = CheckpointWriter.Companion(name: "unimo_reference.py", bytes: Array(source.utf8))
        switch kind {
        case .unimo: return [common, .init(name: "single_stream.py", bytes: Array(SingleStreamClass.source.utf8))]
        case .unimo2: return [common]
        }
    }
}
